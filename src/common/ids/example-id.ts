/** An id of a resource as the document shows it; it names no object. */
export function exampleId(prefix: string): string {
  return `${prefix}_01jhqz3v5xk8m2n4p6r8t0v2w4`;
}
