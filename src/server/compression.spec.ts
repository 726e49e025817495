import { fastify, type FastifyInstance } from 'fastify';
import { compressAnswers } from './compression.js';

const LARGE = JSON.stringify(Array.from({ length: 10_000 }, (_none, index) => index));

let instance: FastifyInstance;
let origin: string;
beforeEach(async () => {
  instance = fastify();
  compressAnswers(instance);
  const json = 'application/json; charset=utf-8';
  instance.get('/text', (_request, reply) => reply.type(json).send(LARGE));
  instance.get('/page', (_request, reply) => reply.type('text/html').send(LARGE));
  instance.get('/coded', (_request, reply) => reply.type(json).header('Content-Encoding', 'identity').send(LARGE));
  instance.get('/overtaken', (_request, reply) => {
    void reply.type(json).send(LARGE);
    return reply.status(503).type('text/plain').send('too late');
  });
  origin = await instance.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => instance.close());

const codingOf = async (path: string): Promise<string | null> =>
  (await fetch(origin + path, { headers: { 'accept-encoding': 'gzip' } })).headers.get('content-encoding');

it('compresses JSON, but neither pages nor what is coded already', async () => {
  expect([await codingOf('/text'), await codingOf('/page'), await codingOf('/coded')]).toEqual([
    'gzip',
    null,
    'identity',
  ]);
});

it('gives up an answer that another one has overtaken', async () => {
  const answer = await fetch(`${origin}/overtaken`, { headers: { 'accept-encoding': 'gzip' } });
  expect([answer.status, await answer.text(), answer.headers.get('content-encoding')]).toEqual([503, 'too late', null]);
  expect(await codingOf('/text')).toBe('gzip');
});
