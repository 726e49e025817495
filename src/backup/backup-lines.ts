import { BackupError, isEndOfRows } from './backup-format.js';

/** A line longer than this comes in pieces, so that memory stays bounded whatever the file holds. */
const LONGEST_PIECE = 1024 * 1024;
const LINE_FEED = 10;

/** The text of a backup, a line at a time; COPY's own text has no other line ends than `\n`. */
export class BackupLines {
  private readonly pieces: AsyncIterator<Buffer>;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.pieces = piecesOf(chunks)[Symbol.asyncIterator]();
  }

  async next(): Promise<string | undefined> {
    const next = await this.pieces.next();
    return next.done === true ? undefined : next.value.toString();
  }

  /** The text up to the end of a table's rows. */
  async *rows(): AsyncGenerator<Buffer> {
    let isAtLineStart = true;
    for (let next = await this.pieces.next(); next.done !== true; next = await this.pieces.next()) {
      const piece = next.value;
      if (isAtLineStart && isEndOfRows(piece)) return;
      isAtLineStart = piece.at(-1) === LINE_FEED;
      yield piece;
    }
    throw new BackupError('The backup ends in the middle of a table.');
  }
}

/** Lines with their ends, and pieces of lines that are too long. */
async function* piecesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let text = chunk;
    for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED)) {
      yield joined(waiting, text.subarray(0, end + 1));
      [waiting, length] = [[], 0];
      text = text.subarray(end + 1);
    }
    // A copy, as unzipping may use the memory of its chunk again.
    if (text.length > 0) waiting.push(Buffer.from(text));
    length += text.length;
    if (length > LONGEST_PIECE) {
      yield joined(waiting);
      [waiting, length] = [[], 0];
    }
  }
  if (length > 0) yield joined(waiting);
}

function joined(waiting: readonly Buffer[], last?: Buffer): Buffer {
  const parts = last === undefined ? waiting : [...waiting, last];
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
}
