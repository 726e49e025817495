import { registeredEventTypes } from '../common/events/event-types.js';
import { EVENT_ID_LENGTH, type Derivation } from '../history/event-view.js';

/** Attributes of a changed opportunity, before or after the change. */
type Attributes = Readonly<Record<string, unknown>>;

const ENDS: readonly unknown[] = ['Converted', 'Lost', 'Closed'];

const becomes =
  (status: string) =>
  (_before: Attributes, after: Attributes): boolean =>
    after['status'] === status;

const differs =
  (name: string) =>
  (_before: Attributes, after: Attributes): boolean =>
    name in after;

/** The derived types, in the order in which they stand behind their source, and when one follows from a change. */
export const DERIVED: Readonly<Record<string, (before: Attributes, after: Attributes) => boolean>> = {
  won: becomes('Converted'),
  lost: becomes('Lost'),
  closed: becomes('Closed'),
  reopened: (before, after) => 'status' in after && ENDS.includes(before['status']) && !ENDS.includes(after['status']),
  stage_changed: differs('sales_stage'),
  owner_changed: differs('opportunity_owner'),
  amount_changed: differs('opportunity_amount'),
};

export const DERIVED_FROM = 'opportunity.updated';

/** An event that the service leaves by itself, and which the feed tells of beside those of rows. */
export const ENDPOINT_DISABLED = 'webhook_endpoint.disabled';

/** Whose rows the scope `read` does not show. */
const PRIVATE = ['api_key', 'webhook_endpoint'];

/** The derived events of a change, from its stored type and attributes. */
export function derivationsOf(type: string, before: Attributes | null, after: Attributes | null): Derivation[] {
  if (type !== DERIVED_FROM) return [];
  return Object.entries(DERIVED)
    .filter(([, follows]) => follows(before ?? {}, after ?? {}))
    .map(([name]) => ({ name, type: derivedType(name) }));
}

/** What the id of an event says of how it was derived; undefined for a stored event. */
export function derivationOf(id: string): Derivation | undefined {
  const name = id.slice(EVENT_ID_LENGTH + 1);
  return name in DERIVED ? { name, type: derivedType(name) } : undefined;
}

export function derivedType(name: string): string {
  return `opportunity.${name}`;
}

export function tableOf(type: string): string {
  return type.split('.')[0] ?? '';
}

/** Does the feed tell of events of this type? */
export function isFed(type: string): boolean {
  return type === ENDPOINT_DISABLED || !PRIVATE.includes(tableOf(type));
}

/** Every type that a feed can have. */
export function knownTypes(): string[] {
  const derived = Object.keys(DERIVED).map(derivedType);
  const all = [...registeredEventTypes().filter(isFed), 'opportunity.erased', ...derived, ENDPOINT_DISABLED];
  return [...new Set(all)].sort();
}

/** The types that are wanted: exact names, and tables all of whose types are; undefined for every type. */
export interface WantedTypes {
  exact: readonly string[];
  tables: readonly string[];
}

/** What a list of names, `opportunity.*` and `*` wants; a string is the rest of a sentence that says what is wrong with it. */
export function wantedTypes(names: readonly string[]): { wanted: WantedTypes | undefined } | string {
  const known = knownTypes();
  const tables = new Set(known.map(tableOf));
  const isKnown = (name: string): boolean =>
    name === '*' || known.includes(name) || (name.endsWith('.*') && tables.has(name.slice(0, -2)));
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined)
    return `does not know '${unknown}'; it takes *, ${[...tables].map((table) => `${table}.*`).join(', ')}, ${known.join(', ')}.`;
  if (names.includes('*')) return { wanted: undefined };
  return { wanted: { exact: names.filter((name) => !name.endsWith('.*')), tables: prefixesOf(names) } };
}

function prefixesOf(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
}

/** Is an event of the type among those that stored names want? */
export function isWanted(type: string, names: readonly string[]): boolean {
  return names.some(
    (name) => name === '*' || name === type || (name.endsWith('.*') && type.startsWith(name.slice(0, -1))),
  );
}
