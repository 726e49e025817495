/**
 * Does a client take a coding at least as gladly as plain text? RFC 9110, section 12.5.3. An entry that is not valid counts as
 * absent.
 */
export function takesCoding(header: string | undefined, coding: 'br' | 'gzip'): boolean {
  if (header === undefined) return false;
  const weights = new Map<string, number>();
  for (const entry of header.toLowerCase().split(',')) {
    const [name = '', weight = 'q=1'] = entry.split(';').map((part) => part.trim());
    weights.set(name === 'x-gzip' ? 'gzip' : name, Number(/^q=([01](?:\.\d{0,3})?)$/.exec(weight)?.[1] ?? 0));
  }
  const wanted = weights.get(coding) ?? weights.get('*') ?? 0;
  return wanted > 0 && wanted >= (weights.get('identity') ?? 0);
}
