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

/** A JSON object of some columns. */
export function jsonOf(list: string): string {
  return `(select row_to_json(o) from (select ${list}) o)`;
}

/** A JSON object of the columns of `row` that the JSON object `given` names. */
export function givenOf(names: readonly string[], row: string, given: string): string {
  const values = names.map((name) => `('${name}', to_json(${row}.${name}))`).join(', ');
  return `(select json_object_agg(name, value) from (values ${values}) as c (name, value) where ${given} ? name)`;
}

/** What differs between two rows: a row with `before` and `after`, JSON objects of the columns that are not equal. */
export function differences(names: readonly string[], before: string, after: string): string {
  const values = names.map((name) => `('${name}', to_json(${before}.${name}), to_json(${after}.${name}))`).join(', ');
  return `(select json_object_agg(name, c.before) as before, json_object_agg(name, c.after) as after
    from (values ${values}) as c (name, before, after) where c.before::text is distinct from c.after::text)`;
}
