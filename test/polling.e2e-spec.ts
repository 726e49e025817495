import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { blocksOf, readDocument } from './support/documents.js';
import { createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';
import { lockWaiters, until } from './support/until.js';

let service: Service;
let directory: string;
beforeAll(async () => {
  service = await startService();
  directory = await mkdtemp(join(tmpdir(), 'crm-polling-'));
  const block = blocksOf(readDocument('docs/reading-and-writing.md')).find(({ file }) => file === 'changes.mjs');
  const program = block?.text.replace('http://127.0.0.1:3000', service.origin) ?? '';
  await writeFile(join(directory, 'changes.mjs'), program);
});
afterAll(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

/** Runs the program of the documents once, and answers what it printed. */
async function poll(): Promise<string[]> {
  const env = { PATH: process.env['PATH'], KEY: service.api.key };
  const { stdout } = await promisify(execFile)(process.execPath, ['changes.mjs'], { cwd: directory, env });
  return stdout.split('\n').filter((line) => line !== '');
}

it('with the overlap of the documents loses nothing of a batch that was being written meanwhile', async () => {
  const { api, database } = service;
  const { id } = await createOpportunity(api, { title: 'Locked' });
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query('begin');
  await other.query('select from opportunity where id = $1 for update', [id]);
  const batch = api.post('/opportunity/batch', {
    operations: [
      { method: 'create', body: { ...minimal, title: 'In the batch' } },
      { method: 'update', id, body: { title: 'Changed in the batch' } },
    ],
  });
  await until(async () => (await lockWaiters(database)) > 0);
  const later = await createOpportunity(api, { title: 'Later' });
  expect(await poll()).toEqual(['new: Locked', 'new: Later']);
  await other.query('commit');
  await other.end();
  const [created] = (await batch).body.data;
  expect(created.object.created_at < later.created_at).toBe(true);
  expect((await poll()).sort()).toEqual(['changed: Changed in the batch', 'new: In the batch']);
  expect(await poll()).toEqual([]);
});
