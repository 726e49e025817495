/* Maps of texts in statements: null stands for a key that goes, and for a map that becomes empty. */

/** The map of a new row, of what was sent for it. */
export function newMap(sent: string): string {
  return `coalesce(jsonb_strip_nulls(${sent}), '{}')`;
}

/** The map of a row that changes. */
export function mergedMap(former: string, sent: string): string {
  return `coalesce(jsonb_strip_nulls(${former} || ${sent}), '{}')`;
}
