import { access, chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { dump } from '../src/backup/dump.js';
import { restore } from '../src/backup/restore.js';
import { loadConfig } from '../src/config/config.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { addItem, addReason, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* Backups without PostgreSQL's own tools: npm run backup -- dump | restore. */

const AWKWARD = ['tab\tline\nreturn\r', '\\N', '\\.', '\n\\.\n', 'back\\slash "quote" \'s', '\u2028\u2029 😀 é'];

/** Far more than a line of a backup has. */
const ENDLESS = Buffer.alloc(8_000_000, 'x');

type Change = (text: Buffer) => Buffer;

/** What a file is that is refused, how it is made from a good one, and what the refusal says. */
type Case = [string, Change, string];

const DAMAGED: Case[] = [
  ['cut off', (text) => gzipSync(text).subarray(0, -500), 'unexpected end of file'],
  [
    'cut off before it was compressed',
    (text) => gzipSync(text.subarray(0, -40)),
    'not complete|in the middle|not part of one',
  ],
  ['of something else', () => gzipSync('select 1;\n'), 'This is not a backup'],
  ['not compressed', (text) => text, 'incorrect header check'],
  ['of a later version', (text) => gzipSync(renamed(text)), 'newer version of the service, .* lacks Later1'],
  ['one endless line', () => gzipSync(ENDLESS), 'This is not a backup'],
  ['an endless line after the first', withLine(ENDLESS.toString()), 'a line that is not part of one'],
  ['without a table', edited(/^copy event .*\n[^]*?^\\\.\n/m, ''), 'not complete: it lacks event'],
  ['without a column', edited('(id, name, mode, ', '(id, name, '), 'other columns of workspace than .*: mode'],
  ['with a column too many', edited('(id, name, mode, ', '(id, name, secret, mode, '), 'other columns of .*: secret'],
  ['with a column twice', edited('(id, name, mode, ', '(id, name, mode, id, '), 'other columns of .*: id'],
  [
    'with a table twice',
    edited(/^copy event .*\n[^]*?^\\\.\n/m, '$&$&'),
    'a table twice, or one that cannot be restored: event',
  ],
  ['going on after its end', (text) => gzipSync(Buffer.concat([text, ENDLESS])), 'has data after its end'],
  ...['migrations', 'row_count', 'pg_authid', 'public.event', '"event"'].map((name): Case => [
    `with ${name}`,
    withLine(`copy ${name} (id) from stdin;`),
    `one that cannot be restored: ${name}`,
  ]),
  ...['drop table workspace;', '\\! true', '-- hello', "copy event (id) from '/etc/passwd';"].map((line): Case => [
    `with the line ${line}`,
    withLine(line),
    'a line that is not part of one',
  ]),
];

const config = loadConfig({ LOG_LEVEL: 'silent' });
let service: Service;
let directory: string;
let file: string;
let empty: TestDatabase;

beforeAll(async () => {
  service = await startService();
  directory = await mkdtemp(join(tmpdir(), 'crm-backup-'));
  file = join(directory, 'crm.backup');
  for (const text of AWKWARD) {
    const { id } = await createOpportunity(service.api, { title: text, conversion_rate: 0.917431 });
    await addItem(service.api, id, { description: text, qty: 2.5, rate: 40.01 });
    await addReason(service.api, id, text);
  }
  await createOpportunity(service.other);
  await dump(service.database.url, file);
});
afterAll(async () => {
  await service.stop();
  await rm(directory, { recursive: true, force: true });
});

async function createEmpty(): Promise<void> {
  empty = await cloneDatabase();
  await empty.query('drop schema public cascade');
  await empty.query('create schema public');
}

it('leaves a file that only its owner can read, and nothing half-written beside it', async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['crm.backup']);
});

it('does not touch a database that has rows', async () => {
  const other = await cloneDatabase();
  await other.query(`insert into workspace (id, name, mode) values ('w', 'w', 'test')`);
  await expect(restore(config, other.url, file)).rejects.toThrow('workspace has rows');
  expect(await other.query('select from opportunity')).toEqual([]);
  await other.drop();
});

describe('into an empty database', () => {
  beforeEach(createEmpty);
  afterEach(() => empty.drop());

  it('brings everything back as it was: objects, children, versions, totals and keys', async () => {
    await restore(config, empty.url, file);
    const restored = await startService({}, empty);
    try {
      for (const path of ['/opportunity?expand=items,lost_reasons', '/opportunity?title[is_null]=false&sort=-total']) {
        const [before, after] = [await service.api.get(path), await restored.clientAs(service.api.key).get(path)];
        expect(before.status).toBe(200);
        expect(after.text).toBe(before.text);
      }
      const { id } = (await service.api.get('/opportunity')).body.data[0];
      const etags = [service.api, restored.clientAs(service.api.key)].map(async (api) =>
        (await api.get(`/opportunity/${id}`)).headers.get('etag'),
      );
      expect(await etags[1]).toBe(await etags[0]);
      expect((await restored.clientAs(service.other.key).get('/opportunity')).body.total).toBe(1);
    } finally {
      await restored.app.close();
    }
  });

  it('restores columns in any order, and rows of any length', async () => {
    const body = 'é\t\\'.repeat(2_000_000);
    const put = `insert into idempotency_key (workspace_id, key, fingerprint, status, headers, body)
      values ('w', 'long', '', 201, '{}', $1)`;
    await service.database.query(put, [body]);
    const path = join(directory, 'long.backup');
    await dump(service.database.url, path);
    const workspaces = /^copy workspace .*\n[^]*?^\\\.\n/m;
    const reordered = 'copy workspace (mode, id, created_at, name) from stdin;\ntest\tw\t2024-01-15\tOne\n\\.\n';
    const others = /^copy (?!workspace|idempotency_key)(.*)\n[^]*?^\\\.\n/gm;
    const text = edited(
      others,
      'copy $1\n\\.\n',
    )(edited(workspaces, reordered, false)(gunzipSync(await readFile(path))));
    await writeFile(path, text);
    expect(await restore(config, empty.url, path)).toBe(2);
    expect(await empty.query('select id, name, mode from workspace')).toEqual([{ id: 'w', name: 'One', mode: 'test' }]);
    const same = 'select md5(body) = md5($1) as same from idempotency_key';
    expect(await empty.query(same, [body])).toEqual([{ same: true }]);
  });

  it('says that there is nothing to dump in a database the service never used', async () => {
    await expect(dump(empty.url, join(directory, 'nothing'))).rejects.toThrow('nothing to dump');
  });
});

// What is refused leaves the database as empty as it was, so one serves them all.
describe('from a file that is none of ours', () => {
  beforeAll(createEmpty);
  afterAll(() => empty.drop());

  it.each(DAMAGED)('refuses a file that is %s, and puts in nothing', async (_what, change, message) => {
    const path = join(directory, 'changed.backup');
    await writeFile(path, change(gunzipSync(await readFile(file))));
    const connect = vi.spyOn(pg.Client.prototype, 'connect');
    const refusal = await restore(config, empty.url, path).catch((error: unknown) => error);
    const working = connect.mock.contexts.filter((client) => !hasLeft(client)).length;
    connect.mockRestore();
    expect(refusal).toMatchObject({ message: expect.stringMatching(message) });
    // Nobody goes on in the database after the refusal.
    expect(working).toBe(0);
    const [tables] = await empty.query<{ there: boolean }>(`select to_regclass('opportunity') is not null as there`);
    if (tables?.there) expect(await empty.query('select from opportunity')).toEqual([]);
  });

  it('runs nothing that a file says, whoever restores it', async () => {
    const path = join(directory, 'crafted.backup');
    const canary = join(directory, 'canary');
    const text = gunzipSync(await readFile(file));
    // The account of the server could write here if it were told to.
    await chmod(directory, 0o777);
    for (const line of [
      `copy workspace(id) from program 'touch ${canary}' --(id) from stdin;`,
      `copy workspace (id) from program 'touch ${canary}'; select (1) from stdin;`,
      `copy workspace (id) from stdin; copy (select 1) to program 'touch ${canary}'; select (1) from stdin;`,
    ]) {
      await writeFile(path, withLine(line)(text));
      await expect(restore(config, empty.superuserUrl, path)).rejects.toThrow('The backup has');
    }
    await expect(access(canary)).rejects.toThrow('ENOENT');
  });

  it('names a file that is not there', async () => {
    await expect(restore(config, empty.url, join(directory, 'none'))).rejects.toThrow(/Cannot read .*none/);
  });
});

function edited(old: string | RegExp, replacement: string, zip = true): Change {
  return (text) => {
    const changed = Buffer.from(text.toString().replace(old, replacement));
    expect(changed.equals(text)).toBe(false);
    return zip ? gzipSync(changed) : changed;
  };
}

/** With one line more, after the first. */
function withLine(line: string): Change {
  return edited('\n', `\n${line}\n`);
}

function renamed(text: Buffer): string {
  return text.toString().replace('migrations: ', 'migrations: Later1 ');
}

/** Has it ended? Or said goodbye, if it is a pool's, which does not wait for the end of those that it ends. */
function hasLeft(client: unknown): boolean {
  const { _ending, _ended, _poolUseCount } = client as { _ending: boolean; _ended: boolean; _poolUseCount?: number };
  return _poolUseCount === undefined ? _ended : _ending;
}
