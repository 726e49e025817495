import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '../../common/errors/error-codes.js';
import { beyondBounds } from '../../common/json/json-bounds.js';
import { parseExact } from '../../common/json/parse-exact.js';
import { TIMES } from './attributes.js';
import { MOST_ROW_BYTES, requireUtf8, type Place } from './csv-records.js';
import type { DealRow } from './deal-row.js';
import { readTime } from './values.js';

const LF = 0x0a;

/** A line of a file, without its line break; undefined text for one that has too many bytes. */
interface Line {
  text: string | undefined;
  line: number;
  offset: number;
  end: number;
}

/** Makes a deal of what a line says. */
export type BodyReader = (given: Record<string, unknown>, row: DealRow) => void;

/** Cuts the bytes of a file of JSON lines into deals, however the bytes arrive. */
export class JsonRows {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private isTooLong = false;
  private offset: number;
  private line: number;
  private end: number;

  constructor(
    { offset, line }: Place,
    private readonly read: BodyReader,
    private readonly mostBytes = MOST_ROW_BYTES,
  ) {
    this.offset = this.end = offset;
    this.line = line;
  }

  *push(bytes: Buffer): Generator<DealRow> {
    let start = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, start)) {
      this.keep(bytes.subarray(start, at + 1));
      start = at + 1;
      yield* this.take();
    }
    this.keep(bytes.subarray(start));
  }

  *finish(): Generator<DealRow> {
    if (this.end > this.offset) yield* this.take();
  }

  private keep(part: Buffer): void {
    this.end += part.length;
    this.isTooLong ||= this.pendingBytes + part.length > this.mostBytes;
    if (this.isTooLong) this.pending = [];
    else this.pending.push(part);
    this.pendingBytes += part.length;
  }

  private *take(): Generator<DealRow> {
    const bytes = Buffer.concat(this.pending);
    const { line, offset, end, isTooLong } = this;
    if (!isUtf8(bytes)) requireUtf8(bytes, line);
    [this.pending, this.pendingBytes, this.isTooLong] = [[], 0, false];
    [this.offset, this.line] = [end, line + 1];
    const text = isTooLong ? undefined : bytes.toString();
    if (text === undefined || text.trim() !== '') yield this.rowOf({ text, line, offset, end });
  }

  private rowOf({ text, line, offset, end }: Line): DealRow {
    const row: DealRow = { line, offset, end, nextLine: line + 1, body: {}, errors: [], lines: {} };
    const given = text === undefined ? undefined : objectOf(text);
    if (text === undefined) refuse(row, 'body_too_large', `The row has more than ${MOST_ROW_BYTES / 1024 / 1024} MiB.`);
    else if (typeof given === 'string') refuse(row, 'json_invalid', given);
    else if (given !== undefined) this.read(given, row);
    return row;
  }
}

function refuse(row: DealRow, code: ErrorCode, message: string): void {
  row.errors.push({ line: row.line, param: '', code, message });
}

/** The object of a line; a text says why there is none. */
function objectOf(text: string): Record<string, unknown> | string {
  const excess = beyondBounds(text);
  if (excess !== undefined) return `The line ${excess}.`;
  try {
    const value = parseExact(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return 'The line must be a JSON object.';
  } catch {
    return 'The line is not valid JSON.';
  }
}

/** Keys that tell what was wrong with a row; a file that is sent again may have them. */
export const REPORT_KEYS = new Set(['_line', '_param', '_code', '_message', '_raw']);

/** A line is a POST body, with an id and the times that a file may have. */
export function ndjsonBody(zone: string): BodyReader {
  return (given, row) => {
    // Even a key such as `__proto__` stays a key, and is refused.
    row.body = Object.fromEntries(Object.entries(given).filter(([name]) => !REPORT_KEYS.has(name)));
    readTimes(row, zone);
  };
}

/** Writes the times that only a file may have as the API does. A time that is none stays, and is refused with the row. */
export function readTimes({ body }: DealRow, zone: string): void {
  for (const name of TIMES) {
    const value = body[name];
    if (typeof value === 'string') body[name] = readTime(value.trim(), zone) ?? value;
  }
}
