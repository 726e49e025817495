import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SampleWriter } from '../src/sample/sample-writer.js';
import { sampleDeals } from '../src/sample/sample-deals.js';
import { OPPORTUNITY_STATUSES } from '../src/crm/opportunity/opportunity.status.js';
import type { Client, Json } from './support/client.js';
import { startService, type Service } from './support/service.js';

const TODAY = new Date('2026-03-10T12:00:00Z');
const TOMORROW = new Date('2026-03-11T12:00:00Z');

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function deals(api: Client): Promise<Json[]> {
  return (await api.get('/opportunity?limit=100&expand=items,lost_reasons&sort=utm_content')).body.data;
}

describe('the sample', () => {
  let api: Client;
  let writer: SampleWriter;
  beforeAll(async () => {
    api = await service.clientWith({ workspace: 'sample' });
    writer = new SampleWriter(service.origin, api.key ?? '');
    expect(await writer.put(TODAY)).toEqual({ added: 36, total: 36 });
  });

  it('has every status, several currencies and stages, reasons, and dates around the day', async () => {
    const all = await deals(api);
    const different = (name: string): Set<string> => new Set(all.map((deal) => deal[name]));
    expect(different('status')).toEqual(new Set(OPPORTUNITY_STATUSES));
    expect(different('currency').size).toBeGreaterThanOrEqual(5);
    expect(different('sales_stage').size).toBeGreaterThanOrEqual(4);
    const closings = [...different('expected_closing')];
    expect(closings.some((day) => day > '2026-03-10') && closings.some((day) => day < '2026-03-10')).toBe(true);
    expect(closings).toContain(null);
    for (const { items, total, status, lost_reasons } of all) {
      expect(items.length && total).toBeGreaterThan(0);
      expect(lost_reasons.length > 0).toBe(status === 'Lost');
    }
  });

  it('has a history', async () => {
    const [{ id }] = (await api.get('/opportunity?status=Converted')).body.data;
    expect((await api.get(`/opportunity/${id}/history`)).body.total).toBeGreaterThan(3);
  });

  it('is not doubled by a second run, on this day or another', async () => {
    const before = await deals(api);
    expect(await writer.put(TODAY)).toEqual({ added: 0, total: 36 });
    expect(await writer.put(TOMORROW)).toEqual({ added: 0, total: 36 });
    expect(await deals(api)).toEqual(before);
  });

  it('adds what is missing, but brings back no deal that was deleted on the same day', async () => {
    const [first] = await deals(api);
    await api.delete(`/opportunity/${String(first.id)}`);
    await writer.put(TODAY);
    expect(await deals(api)).toHaveLength(35);
    expect(await writer.put(TOMORROW)).toEqual({ added: 1, total: 36 });
    expect(await deals(api)).toHaveLength(36);
  });

  it('names nobody who could exist', () => {
    const text = JSON.stringify(sampleDeals(TODAY));
    expect(text.match(/@[\w.]+/g)?.every((host) => host === '@example.com')).toBe(true);
  });
});

describe('npm run sample', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-sample-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const PATH = process.env['PATH'];

  async function run(args: string[], environment: Record<string, string> = {}): Promise<string> {
    const program = resolve('dist/src/cli/sample.js');
    const env = { PATH, ...environment };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      cwd: directory,
      env,
    }).catch((error: unknown) => error as { stdout: string; stderr: string });
    return stdout + stderr;
  }

  it('says what it did, and what to look at', async () => {
    const { key = '' } = await service.clientWith({ workspace: 'command' });
    const printed = await run([service.origin], { API_KEY: key });
    expect(printed).toContain('36 of 36 sample deals put in.');
    expect(printed).toContain(`${service.origin}/docs`);
    expect(printed).not.toContain(key);
    expect(await run([`${service.origin}/`], { API_KEY: key })).toContain('0 of 36 sample deals put in; the others');
  });

  it('says what is wrong with an address or a key', async () => {
    expect(await run([`${service.origin}/crm`], { API_KEY: 'sk_test_none' })).toContain(
      'refused GET /api/crm/opportunity',
    );
    expect(await run([service.origin], { API_KEY: '' })).toContain('There is no key in');
  });

  it('leaves a live workspace alone', async () => {
    const live = await service.clientWith({ workspace: 'live', mode: 'live' });
    expect(await run([service.origin], { API_KEY: live.key ?? '' })).toBe(
      'This key belongs to a live workspace. Sample deals are only for test workspaces.\n',
    );
    expect(await deals(live)).toEqual([]);
  });

  it('says what is missing: a key, or a service', async () => {
    expect(await run([service.origin])).toContain('There is no key in .data/api-key.');
    expect(await run(['http://127.0.0.1:1'], { API_KEY: service.api.key ?? '' })).toContain('No service answers at');
    expect(await run([service.origin], { API_KEY: 'sk_test_crm_nonsense' })).toContain('refused GET');
  });
});
