import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

const USUAL_BYTES = 65_536;
/** A longer message gets so much room at first, as its length is only what the server says. */
const LARGE_BYTES = 16_777_216;
/** A message begins with a byte that tells its type; the length that follows does not count it. */
const TYPE_BYTES = 1;
const HEADER_BYTES = 5;

/**
 * The socket of a connection to PostgreSQL. It reads into one buffer, and passes messages on when they are whole, so that
 * the driver keeps no part of the buffer. On its own, Node.js makes a buffer for each read. V8 counts it as memory that the
 * process uses, and collects the old generation for it: a response of 4 MB cost one collection or two.
 */
export function messageSocket({ ssl }: { ssl?: unknown }): Socket {
  // TLS takes the bytes of the socket as they are.
  if (Boolean(ssl)) return new Socket();
  const messages = new MessageBuffer();
  const onread: OnReadOpts = {
    buffer: () => messages.room(),
    callback: (bytes) => {
      messages.read(bytes, (whole) => socket.emit('data', whole));
      return true;
    },
  };
  // The types know it as an option of `connect`, which hands it on to this constructor.
  const socket = new Socket({ onread } as SocketConstructorOpts);
  return socket;
}

/** Bytes as they arrive from PostgreSQL, until they are whole messages. */
export class MessageBuffer {
  private readonly usual: Buffer = Buffer.allocUnsafeSlow(USUAL_BYTES);
  private buffer: Buffer = this.usual;
  private filled = 0;

  /** Where to read to next. */
  room(): Buffer {
    return this.filled === 0 ? this.buffer : this.buffer.subarray(this.filled);
  }

  /** So many bytes have been read to the room. The whole messages among them are good until `pass` returns. */
  read(bytes: number, pass: (whole: Buffer) => void): void {
    this.filled += bytes;
    let end = 0;
    for (let next = this.endOfMessage(0); next <= this.filled; next = this.endOfMessage(end)) end = next;
    if (end > 0) pass(this.buffer.subarray(0, end));
    this.keepFrom(end);
  }

  /** Infinity until the length of the message has arrived. */
  private endOfMessage(start: number): number {
    if (start + HEADER_BYTES > this.filled) return Infinity;
    return start + TYPE_BYTES + this.buffer.readUInt32BE(start + TYPE_BYTES);
  }

  private keepFrom(start: number): void {
    const kept = this.filled - start;
    const buffer = this.bufferFor(kept, this.endOfMessage(start) - start);
    if (start > 0 || buffer !== this.buffer) this.buffer.copy(buffer, 0, start, this.filled);
    this.buffer = buffer;
    this.filled = kept;
  }

  private bufferFor(kept: number, length: number): Buffer {
    if (length <= USUAL_BYTES || length === Infinity) return this.usual;
    const { length: size } = this.buffer;
    if (kept < size && size >= Math.min(length, LARGE_BYTES)) return this.buffer;
    return Buffer.allocUnsafeSlow(Math.min(length, Math.max(LARGE_BYTES, kept * 2)));
  }
}
