import { isUtf8 } from 'node:buffer';
import { FileFault } from './file-fault.js';

/** One record of a CSV file. */
export interface CsvRecord {
  cells: string[];
  /** The line on which it begins, and the one behind its last. */
  line: number;
  nextLine: number;
  /** The bytes of the file that it takes, its line break included. */
  offset: number;
  end: number;
  /** Has it more bytes than a row may have? Then it has no cells. */
  isTooLong: boolean;
}

/** Where in a file reading begins. */
export interface Place {
  offset: number;
  line: number;
}

/** Most bytes of a row. */
export const MOST_ROW_BYTES = 16 * 1024 * 1024;

const [QUOTE, CR, LF, COMMA, SEMICOLON, TAB] = [0x22, 0x0d, 0x0a, 0x2c, 0x3b, 0x09];
const NOTHING = Buffer.alloc(0);

export const DELIMITERS = { ',': COMMA, ';': SEMICOLON, '\t': TAB } as const;

export type Delimiter = keyof typeof DELIMITERS;

type State = 'start' | 'plain' | 'quoted' | 'closed';

/**
 * Cuts the bytes of a CSV file into records, however the bytes arrive: quoted cells may have line breaks, lines end with LF
 * or CRLF. It knows of each record where it begins, so that reading can go on there, and keeps no more than a row may have.
 */
export class CsvRecords {
  private readonly separator: number;
  /** The bytes of the record that is not complete, and how many of them were looked at. */
  private pending: Buffer = NOTHING;
  private at = 0;
  private cellStart = 0;
  private state: State = 'start';
  private hasPairs = false;
  private isTooLong = false;
  private cells: string[] = [];
  private breaks = 0;
  private offset: number;
  private line: number;
  /** Bytes of the record that were let go of because there are too many. */
  private dropped = 0;

  constructor(
    delimiter: Delimiter,
    { offset, line }: Place,
    private readonly mostBytes = MOST_ROW_BYTES,
  ) {
    this.separator = DELIMITERS[delimiter];
    this.offset = offset;
    this.line = line;
  }

  /** The records that the bytes complete. Throws a `FileFault` for what is no CSV in UTF-8. */
  *push(bytes: Buffer): Generator<CsvRecord> {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    for (let end = this.findEnd(); end >= 0; end = this.findEnd()) yield this.take(end);
    if (this.pending.length > this.mostBytes) this.letGo();
  }

  /** The last record, where the file does not end with a line break. */
  *finish(): Generator<CsvRecord> {
    if (this.state === 'quoted')
      throw new FileFault('csv_invalid', `The quote that opens on line ${this.line} is never closed.`, this.line);
    if (this.pending.length === 0 && this.dropped === 0) return;
    this.endCell(this.pending.length);
    yield this.take(this.pending.length);
  }

  /** The place behind the line break that ends the record; -1 if it has not come yet. */
  private findEnd(): number {
    const { pending, separator } = this;
    for (; this.at < pending.length; this.at++) {
      const byte = pending[this.at];
      if (this.state === 'quoted') {
        this.skipQuoted();
      } else if (byte === separator) {
        this.endCell(this.at);
        this.cellStart = this.at + 1;
        this.state = 'start';
      } else if (byte === LF) {
        this.endCell(this.at);
        this.breaks += 1;
        return ++this.at;
      } else if (byte === QUOTE) {
        this.openOrPair();
      } else if (this.state === 'start') {
        this.state = 'plain';
      } else if (this.state === 'closed' && !(byte === CR && this.isLast(this.at))) {
        throw new FileFault(
          'csv_invalid',
          `There is text after a closing quote in the record on line ${this.line}.`,
          this.line,
        );
      }
    }
    return -1;
  }

  /** Goes to the quote that may close the cell. */
  private skipQuoted(): void {
    const found = this.pending.indexOf(QUOTE, this.at);
    const end = found < 0 ? this.pending.length : found;
    for (let at = this.pending.indexOf(LF, this.at); at >= 0 && at < end; at = this.pending.indexOf(LF, at + 1))
      this.breaks += 1;
    this.at = found < 0 ? this.pending.length - 1 : found;
    if (found >= 0) this.state = 'closed';
  }

  private openOrPair(): void {
    if (this.state === 'start') this.state = 'quoted';
    else if (this.state === 'closed') {
      this.state = 'quoted';
      this.hasPairs = true;
    }
  }

  /** Is the byte the last one before a line break, or the end of what is there? */
  private isLast(at: number): boolean {
    return at + 1 >= this.pending.length || this.pending[at + 1] === LF;
  }

  private endCell(end: number): void {
    if (!this.isTooLong) this.cells.push(this.cellText(end));
    this.hasPairs = false;
  }

  private cellText(end: number): string {
    const last = end > this.cellStart && this.pending[end - 1] === CR && this.isLast(end - 1) ? end - 1 : end;
    if (this.state !== 'closed') return this.pending.toString('utf8', this.cellStart, last);
    const text = this.pending.toString('utf8', this.cellStart + 1, last - 1);
    return this.hasPairs ? text.replaceAll('""', '"') : text;
  }

  private take(end: number): CsvRecord {
    const { cells, line, offset, isTooLong } = this;
    if (!isTooLong) requireUtf8(this.pending.subarray(0, end), line);
    const next = { offset: offset + this.dropped + end, line: line + Math.max(1, this.breaks) };
    this.pending = this.pending.subarray(end);
    Object.assign(this, { cells: [], breaks: 0, at: 0, cellStart: 0, state: 'start', dropped: 0, isTooLong: false });
    [this.offset, this.line] = [next.offset, next.line];
    return { cells: isTooLong ? [] : cells, line, nextLine: next.line, offset, end: next.offset, isTooLong };
  }

  /** Forgets the beginning of a record that is too long; where it ends is still found. */
  private letGo(): void {
    this.isTooLong = true;
    this.cells = [];
    // The last byte stays, as it may be half of a line break.
    const kept = this.pending.subarray(-1);
    this.dropped += this.pending.length - kept.length;
    this.pending = kept;
    this.at = kept.length;
    this.cellStart = 0;
  }
}

/** Throws a `FileFault` that names the line on which bytes are no UTF-8. */
export function requireUtf8(bytes: Buffer, line: number): void {
  if (isUtf8(bytes)) return;
  let faulty = line;
  for (let start = 0; ; faulty++) {
    const end = bytes.indexOf(LF, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end)) || end < 0) break;
    start = end + 1;
  }
  throw new FileFault('encoding_invalid', `Line ${faulty} is not valid UTF-8. Save the file as UTF-8.`, faulty);
}

/** The mark that says that a file is UTF-8, which is not a part of its text. */
export const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The delimiter of a file, by the one that its header has most often; a comma if it has none. */
export function recogniseDelimiter(start: Buffer): Delimiter {
  const counts = new Map<number, number>();
  let isQuoted = false;
  let hasText = false;
  for (const byte of start) {
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === LF && !isQuoted && hasText) break;
    else if (!isQuoted) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    hasText ||= byte !== LF && byte !== CR;
  }
  const [best] = Object.entries(DELIMITERS)
    .map(([delimiter, byte]) => ({ delimiter: delimiter as Delimiter, n: counts.get(byte) ?? 0 }))
    .sort((a, b) => b.n - a.n);
  return best === undefined || best.n === 0 ? ',' : best.delimiter;
}
