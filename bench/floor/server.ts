import { randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { parseExact } from '../../src/common/json/parse-exact.js';
import { rowParsers } from '../../src/database/row-parsers.js';
import { serveDeals } from './deals.js';
import { serveItems } from './items.js';
import { Keys } from './keys.js';
import { serveMoves } from './moves.js';
import { serveReports } from './reports.js';

/*
 * The floor: what Node.js and PostgreSQL take for the work that the contract asks for, with nothing between them but
 * fastify and pg. It trusts its requests and has no errors worth the name: it is here to be measured, not to be used.
 */

declare module 'fastify' {
  interface FastifyRequest {
    workspaceId: string;
    keyId: string;
  }
}

const { DATABASE_URL = '', DATABASE_POOL_SIZE = '10', PORT = '' } = process.env;

const pool = new pg.Pool({
  connectionString: DATABASE_URL,
  max: Number(DATABASE_POOL_SIZE),
  types: rowParsers,
  options: '-c timezone=UTC',
  pipeline: true,
});
const keys = new Keys(pool);

const run = randomBytes(6).toString('hex');
let requests = 0;
const app = fastify({ requestIdHeader: false, genReqId: () => `req_${run}${(requests += 1)}` });

app.decorateRequest('workspaceId', '');
app.decorateRequest('keyId', '');
app.addHook('onRequest', (request, reply, done) => {
  void reply.header('request-id', request.id);
  const admit = (caller: Awaited<ReturnType<Keys['find']>>): void => {
    if (caller?.scopes.includes(request.method === 'GET' ? 'read' : 'write') !== true) {
      void reply.status(401).send();
      return;
    }
    request.workspaceId = caller.workspaceId;
    request.keyId = caller.keyId;
    done();
  };
  const caller = keys.find(request.headers.authorization);
  if (caller instanceof Promise) caller.then(admit, done);
  else admit(caller);
});

app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
  done(null, parseExact(text as string));
});

serveDeals(app, pool);
serveItems(app, pool);
serveMoves(app, pool);
serveReports(app, pool);

process.on('SIGTERM', () => process.exit(0));
await app.listen({ host: '127.0.0.1', port: Number(PORT) });
