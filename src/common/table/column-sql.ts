import type { EntityMetadata } from 'typeorm';

/**
 * Every change counts the version up, and is later than the one before even if the clock stands still or went back. A
 * distributed engine takes nothing here that is volatile or depends on the time zone.
 */
export const NEXT_VERSION = `version = version + 1,
  updated_at = greatest(statement_timestamp(), (updated_at at time zone 'UTC' + interval '1 millisecond') at time zone 'UTC')`;

/** Columns of a table or an alias, for a select or returning list. */
export function columnList(names: readonly string[], alias: string): string {
  return names.map((name) => `${alias}.${name}`).join(', ');
}

/**
 * Ids that are one parameter, for `= any(…)` and `unnest(…)`. Behind a select the planner does not see how many there are,
 * so one kept plan serves every number; else it plans anew for each request, which takes as long as the work itself.
 */
export function idsOf(place: string): string {
  return `array(select unnest(${place}::text[]))`;
}

/** The SQL expressions of some attributes, by their names. */
export type AttributesSql = Readonly<Record<string, string>>;

/** A JSON object of the attributes for whose name the condition holds. Put together as text, which costs least. */
export function jsonWhere(attributes: AttributesSql, holds: (name: string) => string): string {
  return objectOf(
    Object.entries(attributes).map(
      ([name, sql]) => `case when ${holds(name)} then '"${name}":' || coalesce(to_json(${sql})::text, 'null') end`,
    ),
  );
}

/** A JSON object of the attributes that have a value. */
export function jsonOfValues(attributes: AttributesSql): string {
  return objectOf(Object.entries(attributes).map(([name, sql]) => `'"${name}":' || to_json(${sql})::text`));
}

function objectOf(members: readonly string[]): string {
  return `('{' || array_to_string(array[${members.join(', ')}], ',') || '}')`;
}

/** A JSON object of some columns. */
export function jsonOf(list: string): string {
  return `(select row_to_json(o) from (select ${list}) o)`;
}

/** Columns of an entity as a GET shows them: SQL over an alias. */
export function shownColumns(metadata: EntityMetadata, names: readonly string[], alias: string): AttributesSql {
  const times = new Set(
    metadata.columns.flatMap(({ type, databaseName }) => (type === 'timestamptz' ? databaseName : [])),
  );
  const sql = (name: string): string => (times.has(name) ? isoText(`${alias}.${name}`) : `${alias}.${name}`);
  return Object.fromEntries(names.map((name) => [name, sql(name)]));
}

/** A time as JSON of a response has it; sessions run in UTC. */
function isoText(sql: string): string {
  return `to_char(${sql}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
