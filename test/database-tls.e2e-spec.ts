import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { connect } from '../src/database/connect.js';
import { SELF_SIGNED } from './support/self-signed.js';

it.each(['require', 'verify-full'])(
  'says what sslmode=%s takes, when the certificate is not accepted',
  async (mode) => {
    // As PostgreSQL does: the client asks for TLS in eight bytes, an S says yes.
    const server = createServer((socket) => {
      socket.once('data', () => {
        socket.write('S');
        new TLSSocket(socket, { isServer: true, ...SELF_SIGNED }).on('error', () => undefined);
      });
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const failure = connect(`postgres://crm@localhost:${port}/crm?sslmode=${mode}`);
    await expect(failure).rejects.toThrow(/self-signed certificate.*also with sslmode=require.*sslrootcert=/);
    server.close();
  },
);
