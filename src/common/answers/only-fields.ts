/** The objects with these attributes alone; whole without any. */
export function onlyFields<T extends object>(objects: T[], fields: readonly string[] | undefined): T[] {
  if (fields === undefined) return objects;
  return objects.map((object) => Object.fromEntries(fields.map((name) => [name, object[name as keyof T]])) as T);
}
