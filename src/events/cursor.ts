import { createHash } from 'node:crypto';

/** The cursor of the oldest events that are kept. */
export const BEGINNING = 'beginning';

/** What is wrong with a text that is no cursor, as the rest of a sentence. */
export const NO_CURSOR = 'must be "beginning", the next of an earlier response, or an id of the stream.';

/** Which log a cursor is of, and the position of the last event behind it. */
export interface Cursor {
  log: string;
  position: number;
}

const LOG_BYTES = 8;
const POSITION_BYTES = 6;
const CHECK_BYTES = 2;

/** A text that a client sends back as it is. It fits into a URL, and has no meaning in another log. */
export function writeCursor({ log, position }: Cursor): string {
  const content = Buffer.alloc(LOG_BYTES + POSITION_BYTES);
  markOf(log).copy(content);
  content.writeUIntBE(position, LOG_BYTES, POSITION_BYTES);
  return Buffer.concat([content, checkOf(content)]).toString('base64url');
}

/** Is it a text that `writeCursor` made, for whatever log? */
export function isCursor(text: string): boolean {
  return contentOf(text) !== undefined;
}

/** The position of a cursor of this log; `another log` for one of another, undefined for what is no cursor. */
export function readCursor(text: string, log: string): number | 'another log' | undefined {
  const content = contentOf(text);
  if (content === undefined) return undefined;
  if (!markOf(log).equals(content.subarray(0, LOG_BYTES))) return 'another log';
  return content.readUIntBE(LOG_BYTES, POSITION_BYTES);
}

function contentOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const isWhole = bytes.length === LOG_BYTES + POSITION_BYTES + CHECK_BYTES && bytes.toString('base64url') === text;
  if (!isWhole) return undefined;
  const content = bytes.subarray(0, -CHECK_BYTES);
  return checkOf(content).equals(bytes.subarray(-CHECK_BYTES)) ? content : undefined;
}

function markOf(log: string): Buffer {
  return createHash('sha256').update(log).digest().subarray(0, LOG_BYTES);
}

function checkOf(content: Buffer): Buffer {
  return createHash('sha256').update('cursor').update(content).digest().subarray(0, CHECK_BYTES);
}
