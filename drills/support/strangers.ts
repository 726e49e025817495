import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { generateKey } from '../../src/common/ids/api-key.format.js';

/*
 * A program: `node strangers.js <port> <connections> <none|made-up>`. On every connection, one request after the other as
 * fast as they go, each with a body of 1 MiB and without a key, or with one that nobody has made. Says so when the first
 * is answered, and goes on until it is ended.
 */

const BODY_BYTES = 2 ** 20;
const NUMBER = '1234567890123456';

const [port, connections, key] = process.argv.slice(2);
const body = `[${new Array(Math.floor(BODY_BYTES / (NUMBER.length + 1))).fill(NUMBER).join(',')}]`;

// Strangers come with machines of their own; what they take of this one is to be no more than is left over.
setPriority(19);

for (let left = Number(connections); left > 0; left--) ask();

function ask(): void {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.once('data', () => {
    process.send?.('answered');
    socket.destroy();
  });
  socket.once('close', ask);
  const authorization = key === 'made-up' ? `Authorization: Bearer ${generateKey('test')}\r\n` : '';
  const headers = `Host: x\r\n${authorization}Content-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.write(`POST /api/crm/opportunity HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
}
