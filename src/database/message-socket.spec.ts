import fc from 'fast-check';
import { MessageBuffer } from './message-socket.js';

function message(content: Uint8Array): Buffer {
  const header = Buffer.from('D....');
  header.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([header, content]);
}

/** Has the bytes arrive in parts of these sizes, in turns, and answers what is passed on. */
function passedOn(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const messages = new MessageBuffer();
  const passed: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const room = messages.room();
    const read = bytes.copy(room, 0, at, at + (sizes[turn % sizes.length] ?? 1));
    at += read;
    messages.read(read, (whole) => passed.push(Buffer.from(whole)));
  }
  return passed;
}

const sizes = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1 });
const contents = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 0, max: 200_000 }).map((length) => Buffer.alloc(length, length % 251)),
  ),
  { maxLength: 30 },
);

it('passes every byte on, in order, and only whole messages', () => {
  fc.assert(
    fc.property(contents, sizes, (each, parts) => {
      const sent = each.map(message);
      const ends = new Set<number>();
      sent.reduce((end, { length }) => (ends.add(end + length), end + length), 0);
      const passed = passedOn(Buffer.concat(sent), parts);
      expect(Buffer.concat(passed).equals(Buffer.concat(sent))).toBe(true);
      passed.reduce((end, { length }) => (expect(ends).toContain(end + length), end + length), 0);
    }),
  );
});

it('takes a message that is longer than all it has room for at first', () => {
  const long = message(Buffer.alloc(40_000_000, 'x'));
  const [first, ...rest] = passedOn(Buffer.concat([long, message(Buffer.from('next'))]), [3_000_000]);
  expect(first?.length).toBe(long.length);
  expect(Buffer.concat(rest).equals(message(Buffer.from('next')))).toBe(true);
});

it('makes no room for a length that only something else than PostgreSQL would send', () => {
  const messages = new MessageBuffer();
  const read = messages.room().write('HTTP/1.1 400 Bad Request');
  messages.read(read, () => undefined);
  expect(messages.room().length).toBeLessThan(17_000_000);
});
