/** Is a preference among those of a `Prefer` header (RFC 7240), with the value given? One header may hold several. */
export function prefers(header: string | string[] | undefined, name: string, value = ''): boolean {
  if (header === undefined) return false;
  return String(header)
    .split(',')
    .some((preference) => is(preference, name, value));
}

/** Case does not matter, nor do quotes; an empty value is as good as none. */
function is(preference: string, name: string, value: string): boolean {
  const [, token = '', given = ''] = /^\s*([\w-]+)\s*(?:=\s*"?([\w-]*)"?\s*)?(?:;|$)/.exec(preference) ?? [];
  return token.toLowerCase() === name && given.toLowerCase() === value;
}
