/** Every change counts the version up, and is later than the one before even if the clock stands still or went back. */
export const NEXT_VERSION = `version = version + 1,
  updated_at = greatest(clock_timestamp(), updated_at + interval '1 millisecond')`;

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

/** A time as every answer writes it. */
export function timeText(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** A JSON object of some columns. */
export function jsonOf(list: string): string {
  return `(select row_to_json(o) from (select ${list}) o)`;
}

/** A JSON object of the columns of `row` for whose name the condition holds. Put together as text, which costs least. */
export function jsonWhere(
  names: readonly string[],
  row: string,
  holds: (name: string) => string,
  isTime: (name: string) => boolean,
): string {
  const textOf = (name: string): string =>
    isTime(name) ? `'"' || ${timeText(`${row}.${name}`)} || '"'` : `to_json(${row}.${name})::text`;
  const members = names.map(
    (name) => `case when ${holds(name)} then '"${name}":' || coalesce(${textOf(name)}, 'null') end`,
  );
  return `'{' || array_to_string(array[${members.join(', ')}], ',') || '}'`;
}
