import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Client, Json } from '../../test/support/client.js';
import { minimal } from '../../test/support/fixtures.js';
import { bodyBefore, type ImportFile } from './import-file.js';
import type { Random } from './random.js';

const PAUSE_MS = 100;
const WORKING = ['checking', 'running', 'reverting'];
const TYPES = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

/** One import in a workspace of its own, as a client makes it that does not give up while the service is away. */
export class ImportRun {
  id = '';
  state: Json;
  /** Keys whose deals another writer may have changed. */
  readonly touched = new Set<string>();
  private isOver = false;

  constructor(
    readonly name: string,
    readonly file: ImportFile,
    private readonly api: Client,
    private readonly random: Random,
  ) {}

  /** Makes the deals that are there before. */
  async prepare(): Promise<void> {
    const bodies = this.file.rows.flatMap((row) => bodyBefore(row) ?? []);
    for (let at = 0; at < bodies.length; at += 100) {
      const operations = bodies.slice(at, at + 100).map((body) => ({ method: 'create', body }));
      const { status, text } = await this.api.post('/opportunity/batch', { operations });
      if (status !== 200) throw new Error(`${this.name}: ${status} ${text}`);
    }
  }

  /** Sends the file and waits for the end of its check. */
  async check(options: object = {}): Promise<Json> {
    const made = await this.post('//api/imports', { format: this.file.format, ...options });
    this.id = made.id as string;
    const headers = { 'content-type': TYPES[this.file.format] };
    for (;;) {
      const path = `//api/imports/${this.id}/file`;
      await this.api.request('PUT', path, { body: this.file.text, headers }).catch(() => undefined);
      // Whether the answer was lost or the file: the import knows.
      if ((await this.read()).status !== 'awaiting_upload') return this.settled();
      await wait(PAUSE_MS);
    }
  }

  async run(): Promise<Json> {
    await this.post(`//api/imports/${this.id}/run`);
    return this.settled();
  }

  /** Runs, and cancels once a share of the rows is done. */
  async cancelAt(share: number): Promise<Json> {
    await this.post(`//api/imports/${this.id}/run`);
    for (;;) {
      const { status, progress } = await this.read();
      if (status !== 'running') return this.state;
      if (progress >= share) break;
      await wait(PAUSE_MS / 10);
    }
    await this.post(`//api/imports/${this.id}/cancel`);
    return this.settled();
  }

  async revert(): Promise<Json> {
    await this.post(`//api/imports/${this.id}/revert`);
    return this.settled();
  }

  async results(): Promise<Json[]> {
    const { text } = await this.api.get(`//api/imports/${this.id}/results.ndjson`);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** Until the run is over: changes, makes and deletes deals of a fifth of the rows. */
  async writeBeside(): Promise<void> {
    const rows = this.random.shuffled(this.file.rows).slice(0, this.file.rows.length / 5);
    while (!this.isOver) {
      const { key } = this.random.pick(rows);
      this.touched.add(key);
      await this.write(key).catch(() => undefined);
      await wait(this.random.between(0, 50));
    }
  }

  end(): void {
    this.isOver = true;
  }

  private async write(key: string): Promise<void> {
    const { body } = await this.api.get(`/opportunity?external_id=${key}&fields=id`);
    const [deal] = (body?.data ?? []) as { id: string }[];
    const whole = { ...minimal, title: 'beside', items: [{ item_name: 'beside', qty: 1, rate: 1 }] };
    if (deal === undefined || this.random.next() < 0.2)
      await this.api.request('PUT', `/opportunity/by-external-id/${key}`, { body: whole });
    else if (this.random.next() < 0.2) await this.api.delete(`/opportunity/${deal.id}`);
    else await this.api.patch(`/opportunity/${deal.id}`, { city: String(this.random.between(1, 1e6)) });
  }

  private async settled(): Promise<Json> {
    while (WORKING.includes((await this.read()).status as string)) await wait(PAUSE_MS);
    return this.state;
  }

  private async read(): Promise<Json> {
    this.state = await this.persist(() => this.api.get(`//api/imports/${this.id}`));
    return this.state;
  }

  private post(path: string, body?: object): Promise<Json> {
    const headers = { 'idempotency-key': randomUUID() };
    return this.persist(() => this.api.post(path, body, headers));
  }

  /** Repeats a call until the service is there. A status that does not fit is what a repeated call may find. */
  private async persist(call: () => Promise<Answer>): Promise<Json> {
    for (;;) {
      const answer = await call().catch(() => undefined);
      if (answer !== undefined && answer.status < 300) return answer.body;
      if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
        if (answer.body?.error?.code === 'import_status_invalid') return this.state;
        throw new Error(`${this.name}: ${answer.status} ${answer.text}`);
      }
      await wait(PAUSE_MS);
    }
  }
}
