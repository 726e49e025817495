/* Names that a field or a table cannot have, as something else has them. */

const COLUMNS_OF_EVERY_RESOURCE = 'workspace_id version id created_at updated_at';

const PARAMETERS_OF_EVERY_LIST = 'limit offset sort q fields expand filter include_total starting_after ending_before';

/** The words that PostgreSQL keeps for itself: its statements would have to quote them. */
const RESERVED_BY_POSTGRESQL = `all analyse analyze and any array as asc asymmetric authorization binary both case cast check
  collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema
  current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign
  freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
  returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
  unique user using variadic verbose when where window with`;

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const reserved = words(RESERVED_BY_POSTGRESQL);
const taken = words(`${COLUMNS_OF_EVERY_RESOURCE} ${PARAMETERS_OF_EVERY_LIST}`);

/** Throws for a resource whose table or fields could not have their names; children have two columns more. */
export function requireFreeNames(resource: string, fields: readonly string[], childOf?: string): void {
  const ofChildren = childOf === undefined ? [] : ['idx', `${childOf.replaceAll('-', '_')}_id`];
  if (reserved.has(resource)) throw new Error(`'${resource}' is a word of PostgreSQL and cannot name a table.`);
  for (const [index, name] of fields.entries()) {
    if (reserved.has(name)) throw new Error(`'${name}' is a word of PostgreSQL and cannot name a column.`);
    if (taken.has(name)) throw new Error(`'${name}' is a column or a list parameter that every resource has.`);
    if (ofChildren.includes(name)) throw new Error(`'${name}' is a column that every child has.`);
    if (fields.indexOf(name) < index) throw new Error(`The field '${name}' is given twice.`);
  }
}
