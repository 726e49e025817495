import { invalidParameter, resourceMissing, type ApiException } from '../errors/api.exception.js';
import { externalIdTaken } from '../table/external-ids.js';
import type { ChildEntry, MatchProblem } from './match-children.js';

/** How a list of entries is merged into the children that there are. */
export interface MergeOptions {
  /** The parameter with the list. */
  path: string;
  /** `replace`: the entries are the list, in their order. `keep`: other children stay, and new ones come at the end. */
  mode: 'replace' | 'keep';
  /** Do entries name children by their ids? */
  usesIds: boolean;
  /** Does an entry without an id of either kind stand for a child that equals it? Else it is a new one. */
  matchesEqual: boolean;
  /** Does the caller change the parent afterwards, in the same transaction? Then that is its one step of the version. */
  parentFollows?: boolean;
  /** The answer to an id that no child of the parent has; 404 unless given. */
  unknownId?: (param: string, id: string) => ApiException;
  /** Throws unless an entry has all that a new child needs; `path` stands before the names of its attributes. */
  checkNew?: (entry: object, path: string) => void;
}

/** The answer to a list with an entry that stands for no child. */
export function refusedMatch(
  { index, attribute, kind, holder }: MatchProblem,
  entries: readonly ChildEntry[],
  { path, unknownId }: MergeOptions,
  resource: string,
): ApiException {
  const param = `${path}[${index}].${attribute}`;
  const value = String(entries[index]?.[attribute]);
  if (kind === 'taken') return externalIdTaken(param, value, resource, holder);
  if (kind === 'repeated') return invalidParameter(param, `${param} '${value}' is given twice.`);
  return unknownId?.(param, value) ?? resourceMissing(resource, value, param);
}
