/** The first value, without blanks before it, and its comma. */
const VALUE = /^(?:"((?:[^"]|"")*)"\s*|([^",][^,]*|)),/;

/**
 * The values of a list in a parameter, or what is wrong with it: separated by commas, blanks around them ignored. As in CSV, a
 * value in quotes may hold commas and blanks, and quotes that are doubled.
 */
export function listedValues(text: string): string[] | string {
  const values: string[] = [];
  for (let rest = `${text},`.trimStart(); rest !== '';) {
    const [whole, quoted, plain = ''] = VALUE.exec(rest) ?? [];
    if (whole === undefined) return 'has a quoted value that does not end at a comma; in quotes, write a quote twice.';
    const value = quoted?.replaceAll('""', '"') ?? plain.trimEnd();
    if (quoted === undefined && value === '') return 'has an empty value; write "" where the empty text is meant.';
    values.push(value);
    rest = rest.slice(whole.length).trimStart();
  }
  return values;
}
