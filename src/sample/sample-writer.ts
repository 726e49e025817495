import { SAMPLE_PIPELINE, sampleDeals, SOURCE, type SampleDeal } from './sample-deals.js';

const BASE = '/api/crm';

/** A reason not to go on that the person at the keyboard can mend. */
export class SampleError extends Error {}

/** Writes the sample through the API of a running service, as any client would. */
export class SampleWriter {
  constructor(
    private readonly origin: string,
    private readonly key: string,
  ) {}

  /** Puts in the deals that are not there yet, and answers how many those were and how many there are. */
  async put(today: Date): Promise<{ added: number; total: number }> {
    const deals = sampleDeals(today);
    const there = await this.namesOfThoseThere();
    const missing = deals.filter(({ name }) => !there.has(name));
    if (missing.length > 0) await this.addPipeline();
    for (const deal of missing) await this.add(deal, today);
    return { added: missing.length, total: deals.length };
  }

  private async namesOfThoseThere(): Promise<Set<string>> {
    const query = `/opportunity?utm_source=${SOURCE}&fields=utm_content&limit=100&include_total=false`;
    const { data } = (await this.send('GET', query)) as { data: { utm_content: string }[] };
    return new Set(data.map(({ utm_content }) => utm_content));
  }

  /** A workspace that has a pipeline keeps its own. */
  private async addPipeline(): Promise<void> {
    const { data } = (await this.send('GET', '/pipeline?limit=1&include_total=false')) as { data: unknown[] };
    if (data.length === 0) await this.send('POST', '/pipeline', SAMPLE_PIPELINE);
  }

  /** A day has keys of its own, as the dates of the deals differ. */
  private async add({ name, body, steps }: SampleDeal, today: Date): Promise<void> {
    const key = `${name}-${today.toISOString().slice(0, 10)}`;
    const { id } = (await this.send('POST', '/opportunity', body, { idempotencyKey: key })) as { id: string };
    for (const [index, { method, path, body: change }] of steps.entries()) {
      const idempotencyKey = method === 'POST' ? `${key}-${index}` : undefined;
      // A deal that was deleted today is still answered to its Idempotency-Key; it stays deleted.
      await this.send(method, `/opportunity/${id}${path}`, change, { idempotencyKey, mayBeGone: true });
    }
  }

  private async send(
    method: string,
    path: string,
    body?: object,
    { idempotencyKey, mayBeGone = false }: { idempotencyKey?: string | undefined; mayBeGone?: boolean } = {},
  ): Promise<unknown> {
    const response = await fetch(`${this.origin}${BASE}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new SampleError(`No service answers at ${this.origin}. Start it in another terminal: npm start`);
    });
    if (response.ok || (mayBeGone && response.status === 404)) return response.json();
    throw new SampleError(`The service at ${this.origin} refused ${method} ${BASE}${path}: ${await response.text()}`);
  }
}
