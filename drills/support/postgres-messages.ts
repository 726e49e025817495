/* As much of PostgreSQL's protocol, version 3, as it takes to tell statements and answers apart. */

/** Cuts a stream into messages: a type, one byte, then a length that counts itself, then the content. */
export class MessageReader {
  private rest: Buffer = Buffer.alloc(0);
  private inStartup: boolean;

  /** The first message a client sends has no type. */
  constructor(from: 'client' | 'server') {
    this.inStartup = from === 'client';
  }

  read(chunk: Buffer): Message[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: Message[] = [];
    for (;;) {
      const start = this.inStartup ? 0 : 1;
      if (this.rest.length < start + 4) return messages;
      const end = start + this.rest.readUInt32BE(start);
      if (this.rest.length < end) return messages;
      const bytes = this.rest.subarray(0, end);
      messages.push({ type: this.inStartup ? '' : String.fromCharCode(bytes[0] ?? 0), bytes });
      this.inStartup = false;
      this.rest = this.rest.subarray(end);
    }
  }
}

export interface Message {
  type: string;
  bytes: Buffer;
}

/** Of a client: the end of a unit, for which the server answers with one `ReadyForQuery`. */
export const endsUnit = ({ type }: Message): boolean => type === 'Q' || type === 'S';

/** Of a client: one statement is carried out. */
export const isStatement = ({ type }: Message): boolean => type === 'Q' || type === 'E';

export const isReadyForQuery = ({ type }: Message): boolean => type === 'Z';

/** The text of a simple query; of a prepared one it travels in another message. */
export function queryText({ type, bytes }: Message): string {
  return type === 'Q' ? bytes.subarray(5, -1).toString() : '';
}

/** A simple query. */
export function query(text: string): Buffer {
  const content = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5, 'Q');
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}
