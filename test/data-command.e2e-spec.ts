import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { Client } from './support/client.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
let directory: string;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0', IMPORT_LIMIT_BYTES: '100000' });
  directory = await mkdtemp(join(tmpdir(), 'crm-data-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  await service.stop();
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const program = resolve('dist/src/cli/data.js');

function start(args: string[], { key = service.api.key ?? '', origin = service.origin } = {}) {
  const env = { PATH: process.env['PATH'], API_KEY: key, PORT: new URL(origin).port, HOST: '127.0.0.1' };
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, env });
  const ended = Promise.all([once(child, 'close'), textOf(child.stdout), textOf(child.stderr)]).then(
    ([[code], stdout, stderr]): Ended => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, ended };
}

const run = (args: string[], target?: { key?: string; origin?: string }): Promise<Ended> => start(args, target).ended;
const save = (name: string, text: string | Buffer): Promise<void> => writeFile(join(directory, name), text);
const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');

const HEAD = 'external_id;Deal name;opportunity_from;party_name;company;transaction_date;probability';
const row = (id: string, probability: string): string => `${id};Chairs;Lead;Acme;Us;2024-01-15;${probability}\n`;
const MAPPING = ['--mapping', '{"Deal name": "title"}'];

async function deals(api: Client): Promise<string[]> {
  const { body } = await api.get('/opportunity?fields=external_id&sort=external_id&limit=100');
  return body.data.map(({ external_id }: { external_id: string }) => external_id);
}

describe('npm run data -- import', () => {
  it('writes the rows, keeps the failed ones in a file, and takes that again once it is corrected', async () => {
    const api = await service.clientWith({ workspace: 'rows' });
    const key = api.key ?? '';
    await save('deals.csv', `${HEAD};Colour\n${row('A-1', '40;red')}${row('A-2', '140;red')}${row('A-3', '60;')}`);
    const first = await run(['import', 'deals.csv', ...MAPPING], { key });
    expect(first.stdout).toMatch(/^Imported 3 rows: 2 created, 1 failed \(import_\w+\)\n$/);
    expect(first.stderr).toContain("Warning on line 1: The column 'Colour'");
    expect(first.stderr).toContain('Error on line 3: probability must not be greater than 100.\n');
    expect(first.stderr).toMatch(/^Sending 100 % .*\n(Checking \d+ %.*\n)*(Writing \d+ %.*\n)*Warning/);
    expect(first.code).toBe(2);
    expect(await deals(api)).toEqual(['A-1', 'A-3']);
    await save('deals.errors.csv', (await read('deals.errors.csv')).replace(';140;', ';14;'));
    const second = await run(['import', 'deals.errors.csv', ...MAPPING, '--quiet'], { key });
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('Imported 1 row: 1 created') as string });
    expect(second.stderr).not.toContain('Writing');
    expect(await deals(api)).toEqual(['A-1', 'A-2', 'A-3']);
  });

  it('only checks where it is told to, and reads what is packed', async () => {
    const api = await service.clientWith({ workspace: 'check' });
    await save('deals.csv.gz', gzipSync(`${HEAD}\n${row('B-1', '40')}`));
    const { code, stdout } = await run(['import', 'deals.csv.gz', ...MAPPING, '--check'], { key: api.key ?? '' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Checked 1 row: 1 created/) as string });
    expect(await deals(api)).toEqual([]);
    expect((await api.get('//api/imports')).body.data).toMatchObject([{ status: 'cancelled' }]);
  });

  it('says why nothing came of it', async () => {
    const key = (await service.clientWith({ workspace: 'failures' })).key ?? '';
    await save('bad.csv', `${HEAD}\n${row('C-1', '40')}${row('C-2', '140')}`);
    const stopped = await run(['import', 'bad.csv', '--on-error', 'stop', '--errors', 'stopped.csv'], { key });
    expect(stopped).toMatchObject({ code: 1, stdout: '' });
    expect(stopped.stderr).toContain('The import failed. Line 3: probability must not be greater than 100.');
    expect(existsSync(join(directory, 'stopped.csv'))).toBe(true);
    await save('empty.csv', '');
    await save('large.csv', 'x'.repeat(5_000_000));
    const reasons: [string[], string][] = [
      [['import', 'empty.csv'], 'The import failed.'],
      [['import', 'large.csv'], 'The file is too large'],
      [['import', 'none.csv'], 'The file cannot be read: ENOENT'],
      [['import', 'bad.csv', '--mode', 'delete'], 'refused POST /api/imports: mode must be one of'],
      [['import', 'bad.csv', '--defaults', 'Us'], '--defaults must be JSON'],
      [['import', 'bad.csv', '--output', 'x'], '--output does not belong to import.'],
      [['import', 'bad.csv', '--url', 'nowhere'], "'nowhere' is not an address"],
      [['import', 'bad.csv', '--nonsense'], "Unknown option '--nonsense'"],
      [['export', 'limit=1'], 'refused GET /api/crm/opportunity/export: "limit"'],
      [['export', 'limit'], "'limit' is not a parameter"],
      [['nonsense'], 'Usage: npm run --silent data'],
    ];
    for (const [args, message] of reasons) {
      const { code, stdout, stderr } = await run(args, { key });
      expect({ args, code, stdout, stderr }).toMatchObject({ code: 1, stdout: '' });
      expect(stderr).toContain(message);
    }
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage/) });
  });

  it('cancels its import when it is interrupted', async () => {
    const api = await service.clientWith({ workspace: 'interrupted' });
    const { child, ended } = start(['import', '-', '--format', 'csv'], { key: api.key ?? '' });
    child.stdin.write(`${HEAD}\n`);
    await until(async () => (await api.get('//api/imports')).body.total > 0);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('Interrupted; the import is cancelled.')]);
    expect((await api.get('//api/imports')).body.data).toMatchObject([{ status: 'cancelled' }]);
  });
});

describe('npm run data -- export', () => {
  it('ends without a complaint once the reader of stdout has had enough', async () => {
    const { child, ended } = start(['export']);
    ended.catch(() => undefined);
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('writes to a file or to stdout, with the parameters of the export', async () => {
    const api = await service.clientWith({ workspace: 'export' });
    const key = api.key ?? '';
    await save('some.csv', `${HEAD}\n${row('D-1', '40')}${row('D-2', '60')}`);
    await run(['import', 'some.csv', ...MAPPING, '--quiet'], { key });
    const saved = await run(['export', 'format=ndjson', '--output', 'copy.ndjson'], { key });
    expect(saved).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Exported \d.* to copy.ndjson\n$/) });
    expect((await read('copy.ndjson')).trim().split('\n')).toHaveLength(2);
    const again = await run(['import', 'copy.ndjson', '--quiet'], { key });
    expect(again.stdout).toContain('Imported 2 rows: 2 unchanged');
    const printed = await run(['export', 'probability[gt]=50', 'fields=external_id,title', '--quiet'], { key });
    expect(printed).toEqual({ code: 0, stdout: 'title,external_id\r\nChairs,D-2\r\n', stderr: '' });
  });

  it('leaves no file of an export that breaks off, and repeats calls while the service is away', async () => {
    const answers: RequestListener = (request, response) => {
      if (request.url?.startsWith('/api/crm/opportunity/export') === true) {
        response.writeHead(200).write('id,title\r\n', () => response.destroy());
      } else response.writeHead(request.method === 'POST' && seen++ === 0 ? 503 : 400).end('{}');
    };
    let seen = 0;
    const faulty = createServer(answers).listen(0, '127.0.0.1');
    await once(faulty, 'listening');
    const origin = `http://127.0.0.1:${(faulty.address() as AddressInfo).port}`;
    const broken = await run(['export', '--output', 'broken.csv'], { origin });
    expect(broken).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('so it is not complete') });
    expect((await readdir(directory)).filter((name) => name.startsWith('broken'))).toEqual([]);
    await save('one.csv', HEAD);
    expect((await run(['import', 'one.csv'], { origin })).stderr).toContain('refused POST');
    expect(seen).toBe(2);
    faulty.close();
    faulty.closeAllConnections();
    await once(faulty, 'close');
  });
});
