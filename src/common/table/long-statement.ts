const MARK = ' /* long */';

/** Marks a statement that may take its time: the connection does not take its silence for the server's end. */
export function asLong(text: string): string {
  return text + MARK;
}

export function isLong(text: string): boolean {
  return text.endsWith(MARK);
}
