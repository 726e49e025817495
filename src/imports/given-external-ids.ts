import { type Call, idsOf, pipeline } from '../common/index.js';
import type { StoredImport } from './import.entity.js';
import type { DealRow } from './readers/deal-row.js';

/*
 * Each transaction of a check is rolled back, so its rows do not see what those before them would have written. Where rows are
 * matched by `external_id`, no two of them touch one deal. Where they are matched by `id`, an earlier row may give its deal an
 * `external_id` that a later one wants, or take it from a deal; so the check keeps in mind what they have given.
 */

/** Stands for the `external_id` of a deal that has none any more. */
const NONE = '';

const GIVEN = `select given_external_id as given, min(line) as line from import_row
  where workspace_id = $1 and import_id = $2 and not is_run and given_external_id = any($3) group by given_external_id`;

const FREE = `update opportunity o set external_id = null from import_row r
  where o.workspace_id = $1 and o.external_id = any(${idsOf('$3')}) and r.workspace_id = $1 and r.import_id = $2
    and not r.is_run and r.key = o.id and r.given_external_id <> o.external_id`;

/** What a row that was checked without an error gives its deal; null for a row after which nobody has to look. */
export function givenExternalId({ body }: DealRow, job: StoredImport): string | null {
  if (!isChangedByRows(job)) return null;
  const { external_id } = body;
  if (external_id === null) return NONE;
  return typeof external_id === 'string' ? external_id : null;
}

/**
 * Takes from the deals, in the transaction of a check, what earlier rows would have taken from them. Answers the lines of the
 * rows that have given their deals the ids which these rows want.
 */
export async function replayGiven(
  call: Call,
  job: StoredImport,
  rows: readonly DealRow[],
): Promise<ReadonlyMap<string, number>> {
  const wanted = rows.flatMap((row) => givenExternalId(row, job) ?? []).filter((given) => given !== NONE);
  if (wanted.length === 0) return new Map();
  const parameters = [call.workspaceId, job.id, wanted];
  const { given } = await pipeline({
    given: call.manager.query<{ given: string; line: number }[]>(GIVEN, parameters),
    freed: call.manager.query(FREE, parameters),
  });
  return new Map(given.map(({ given, line }) => [given, line]));
}

function isChangedByRows({ status, mode, match_by }: StoredImport): boolean {
  return status === 'checking' && match_by === 'id' && mode !== 'create';
}
