import { execFile } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runningEmbeddedUrl } from '../src/embedded-postgres/embedded-postgres.js';
import { freePort, StartedService } from '../test/support/started-service.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { drillDirectory, queryOnce } from './support/drill-postgres.js';
import { FullRateWriters } from './support/full-rate-writers.js';
import { holdSnapshot, listCosts } from './support/list-costs.js';
import { seed } from './support/seed.js';
import { brokenRules } from './support/sums.js';

const WRITERS = 8;
const WRITERS_WORKSPACE = 'writers';

/** What is written at least while the snapshot of the dump is held. */
const SHORT_WRITES = 4000;
const FULL_WRITES = 20_000;
/** Of 16 counters, each with the versions of five epochs. A total that met all versions would read 200 after the short form. */
const MOST_PAGES = 100;

/** Of the nth seeded opportunity. */
function idOf(n: number): string {
  return `opportunity_01${n.toString(16).padStart(24, '0')}`;
}

/** What a client sees of the seeded rows: pages in several orders, whole deals, the versions they have as ETags, and who changed one. */
const READS = [
  `/${idOf(1)}/history`,
  '?limit=100',
  '?limit=100&sort=-total&status=Lost&expand=items,lost_reasons',
  '?limit=100&offset=1500&fields=title,total,base_total,base_opportunity_amount',
  ...[1, 2, 3, 700, 4999].map((n) => `/${idOf(n)}?expand=items,lost_reasons`),
];

/** Dumped while clients write, restored into a new folder, and read through the service there. */
export const drill: Drill = {
  promise:
    'A dump taken while clients write at full rate brings everything back as it was, with the same keys, and leaves lists quick',
  async run(options: DrillOptions): Promise<Outcome> {
    const directory = await drillDirectory();
    const services: Place[] = [];
    try {
      return await backUpAndRestore(directory, services, options);
    } finally {
      for (const { service } of services) service.signal('SIGTERM');
      for (const { service } of services) await service.exit();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** A running service on an embedded database of its own. */
interface Place {
  service: StartedService;
  dataDir: string;
  api: string;
}

async function backUpAndRestore(directory: string, services: Place[], { full, log }: DrillOptions): Promise<Outcome> {
  const opportunities = full ? 100_000 : 5000;
  const file = join(directory, 'crm.backup');
  const source = await start(join(directory, 'source'));
  services.push(source);
  const key = source.service.firstKey();
  await seedPlace(source, opportunities);
  await change(source, key, idOf(1));
  const before = await read(source, key);

  const sourceUrl = await urlOf(source);
  const writerKey = await writersKey(source.dataDir);
  const writers = new FullRateWriters(source.api, writerKey, WRITERS);
  const costs = () => listCosts(source.api, writerKey, sourceUrl, WRITERS_WORKSPACE);
  const alone = await costs();
  const snapshot = await holdSnapshot(sourceUrl);
  const dumped = await timed(() => backup('dump', file, source.dataDir));
  await writers.have(full ? FULL_WRITES : SHORT_WRITES);
  const late = await costs();
  await snapshot.end();
  const written = await writers.stop();
  const megabytes = Math.round((await stat(file)).size / 1e5) / 10;
  const all = Object.entries({ 'without a snapshot': alone, 'beside an old one': late });
  for (const [when, { list, total, pages }] of all)
    log(`${when}: a list takes ${list.toFixed(1)} ms, its total ${total.toFixed(3)} ms and ${pages} pages`);
  log(`dump: ${dumped.seconds} s, ${megabytes} MB, ${written} deals written meanwhile. ${dumped.output}`);

  const target = join(directory, 'target');
  const restored = await timed(() => backup('restore', file, target));
  log(`restore: ${restored.seconds} s. ${restored.output}`);
  const place = await start(target);
  services.push(place);
  const after = await read(place, key);

  const failures = READS.filter((_path, at) => before[at] !== after[at]).map((path) => `another answer to ${path}`);
  const same = READS.length - failures.length;
  if (late.pages > MOST_PAGES) failures.push(`the total of a list reads ${late.pages} pages beside an old snapshot`);
  const url = await urlOf(place);
  failures.push(...(await brokenRules((text) => queryOnce(url, text))));
  const [count] = await queryOnce<{ n: number }>(url, `select count(*)::int as n from opportunity`);
  if ((count?.n ?? 0) < opportunities)
    failures.push(`only ${count?.n ?? 0} of ${opportunities} opportunities are back`);
  const figure = `${opportunities} opportunities with items dumped in ${dumped.seconds} s and restored in ${restored.seconds} s; ${same} of ${READS.length} answers identical; a list's total reads ${late.pages} pages after ${written} writes beside the snapshot`;
  return { passed: failures.length === 0, figure, failures };
}

async function start(dataDir: string): Promise<Place> {
  const port = await freePort();
  const service = await new StartedService(join(dataDir, '..'), { PORT: port, DATA_DIR: dataDir }).started();
  return { service, dataDir, api: `http://127.0.0.1:${port}/api/crm/opportunity` };
}

async function urlOf({ dataDir }: Place): Promise<string> {
  return (await runningEmbeddedUrl(dataDir)) ?? '';
}

async function seedPlace(place: Place, opportunities: number): Promise<void> {
  const url = await urlOf(place);
  const [workspace] = await queryOnce<{ id: string }>(url, `select id from workspace where name = 'default'`);
  await seed((text, values) => queryOnce(url, text, values), workspace?.id ?? '', opportunities);
}

/** A change through the service, so that there is a history. */
async function change({ api }: Place, key: string, id: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ title: 'Changed' });
  const { status } = await fetch(`${api}/${id}`, { method: 'PATCH', headers, body });
  if (status !== 200) throw new Error(`A change before the dump answered ${status}.`);
}

/** Status, ETag and bytes of every read. */
async function read({ api }: Place, key: string): Promise<string[]> {
  const answers: string[] = [];
  for (const path of READS) {
    const response = await fetch(api + path, { headers: { authorization: `Bearer ${key}` } });
    const text = await response.text();
    // One that is refused would be the same before and after.
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    answers.push(`${response.headers.get('etag') ?? ''} ${text}`);
  }
  return answers;
}

/** The command that operators use, on the embedded database of a folder. */
function backup(command: 'dump' | 'restore', file: string, dataDir: string): Promise<string> {
  return runCommand('cli/backup.js', [command, file], dataDir);
}

async function runCommand(program: string, args: string[], dataDir: string): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: dataDir };
  const path = join(process.cwd(), 'dist', 'src', program);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], { env });
  return stdout.trim();
}

async function timed(work: () => Promise<string>): Promise<{ seconds: number; output: string }> {
  const since = performance.now();
  const output = await work();
  return { seconds: Math.round((performance.now() - since) / 100) / 10, output };
}

/** A key for a workspace that only the writers of the drill use. */
function writersKey(dataDir: string): Promise<string> {
  const args = ['create', '--workspace', WRITERS_WORKSPACE, '--name', 'drill', '--scopes', 'read,write'];
  return runCommand('cli/keys.js', [...args, '--rate-limit', '0'], dataDir);
}
