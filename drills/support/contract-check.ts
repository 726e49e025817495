import type { OpenAPIObject } from '@nestjs/swagger';
import { minimal } from '../../test/support/fixtures.js';
import type { Answer, Client, Json } from '../../test/support/client.js';
import { operationsOf } from '../../test/support/operations.js';
import { Sample } from '../../test/support/sample.js';
import { feedBreaks, wholeFeed } from './feed-check.js';

const DEALS_AT_ONCE = 4;
const ITEMS = 5;
/** More than the offset from which on a page is read another way. */
const MANY = 1010;
const AT_A_TIME = 100;

/** What the contract promises, tried in a workspace of its own. Every answer is held against the document, too. */
export class ContractCheck {
  readonly failures: string[] = [];
  requests = 0;

  constructor(
    readonly api: Client,
    private readonly document: OpenAPIObject,
  ) {}

  async everything(): Promise<void> {
    await this.noting('every operation', () => this.everyOperation());
    await this.noting('a batch', () => this.batches());
    await this.noting('a deletion', () => this.deletion());
    await this.noting('lists', () => this.lists());
    await this.noting('the feed', () => this.feed());
  }

  /** Several deals, each with writers of its children at once. */
  async manyWriters(): Promise<void> {
    const deals = Array.from({ length: DEALS_AT_ONCE }, (_none, at) => this.writersOfOne(`deal ${at}`));
    await this.noting('many writers', () => Promise.all(deals));
  }

  /** Once with the example of the document; one that takes a key is sent twice. */
  private async everyOperation(): Promise<void> {
    const all = operationsOf(this.document).filter(({ path }) => path.startsWith('/api/crm/'));
    for (const operation of all) {
      const sample = await Sample.for(operation, this.api, all);
      const headers = operation.takesKey ? { 'Idempotency-Key': operation.operationId } : {};
      const body = sample.body(operation);
      const method = operation.method.toUpperCase();
      const request = { headers, ...(body !== undefined && { body }) };
      const send = () => this.counted(this.api.request(method, sample.path(operation), request));
      const { status, text } = await send();
      this.expect(operation.statuses.includes(status), `${operation.operationId}: ${status} ${text}`);
      if (operation.takesKey) this.expect((await send()).text === text, `${operation.operationId}: not repeated`);
    }
  }

  private async writersOfOne(name: string): Promise<void> {
    const items = [{ item_name: 'first', qty: 1, rate: 1.5 }];
    const deal = await this.post('/opportunity', { ...minimal, party_name: name, items });
    const id = String(deal.id);
    const add = (_none: unknown, at: number) =>
      this.post('/opportunity-item', { opportunity_id: id, item_name: `item ${at}`, qty: 2, rate: 10.25, idx: 1 });
    await Promise.all([
      ...Array.from({ length: ITEMS }, add),
      this.counted(this.api.patch(`/opportunity/${id}`, { conversion_rate: 2 })),
    ]);
    const children = await this.get(`/opportunity-item?parent_id=${id}`);
    const ids = idsOf(children).reverse();
    const ordered = await this.post('/opportunity-item/reorder', { parent_id: id, ids });
    this.expect(idsOf(ordered).join() === ids.join(), `${name}: another order`);
    const positions = (ordered.data as Json[]).map(({ idx }) => Number(idx)).join();
    this.expect(positions === ids.map((_id, at) => at + 1).join(), `${name}: positions ${positions}`);
    const { total, base_total } = await this.get(`/opportunity/${id}`);
    const sum = 1.5 + ITEMS * 20.5;
    this.expect(total === sum && base_total === 2 * sum, `${name}: totals ${total} and ${base_total}`);
  }

  /** The log has what each change of a batch replaced. */
  private async batches(): Promise<void> {
    const create = { method: 'create', body: { ...minimal, title: 'before', items: [{ rate: 1 }] } };
    const made = await this.post('/opportunity/batch', { operations: [create, create] });
    const ids = (made.data as Json[]).map(({ object }) => String(object.id));
    const operations = ids.map((id) => ({ method: 'update', id, body: { title: 'after', probability: 10 } }));
    await this.post('/opportunity/batch', { operations });
    for (const id of ids) {
      const [last] = (await this.get(`/opportunity/${id}/history?limit=1`)).data as Json[];
      this.expect(last.before?.title === 'before' && last.after?.title === 'after', `batch: ${JSON.stringify(last)}`);
    }
  }

  /** The log keeps the children of a deal that was deleted. */
  private async deletion(): Promise<void> {
    const children = { items: [{ rate: 1 }, { rate: 2 }], lost_reasons: [{ lost_reason: 'Price' }] };
    const { id } = await this.post('/opportunity', { ...minimal, ...children });
    await this.counted(this.api.delete(`/opportunity/${String(id)}`));
    const [last] = (await this.get(`/opportunity/${String(id)}/history?limit=1`)).data as Json[];
    const kept = [last.before?.items?.length, last.before?.lost_reasons?.length].join();
    this.expect(kept === '2,1', `the event of a deletion keeps ${kept} children`);
  }

  /** Pages, cursors, filters and search agree on what there is. */
  private async lists(): Promise<void> {
    for (let made = 0; made < MANY; made += AT_A_TIME) {
      const create = (_none: unknown, at: number) => ({
        method: 'create',
        body: { ...minimal, title: `Page ${made + at}` },
      });
      await this.post('/opportunity/batch', { operations: Array.from({ length: AT_A_TIME }, create) });
    }
    const { total } = await this.get('/opportunity?limit=1');
    const byCursor: string[] = [];
    for (let more = true; more;) {
      const last = byCursor.at(-1);
      const page = await this.get(`/opportunity?limit=100${last === undefined ? '' : `&starting_after=${last}`}`);
      byCursor.push(...idsOf(page));
      more = page.has_more === true;
    }
    this.expect(new Set(byCursor).size === total, `the total is ${total}, of ${byCursor.length} deals`);
    const deep = await this.get('/opportunity?offset=1000&limit=10&expand=items&fields=title,pipeline_name,rotten_at');
    this.expect((deep.data as Json[]).length === 10, 'a deep page is not whole');
    const sorted = await this.get('/opportunity?sort=-total,title&q=page&total[gte]=0&limit=5');
    this.expect(Number(sorted.total) >= MANY, `search finds ${sorted.total}`);
    await this.get('/opportunity/aggregate?group_by=status&measures=sum.total');
  }

  private async feed(): Promise<void> {
    this.failures.push(...(await feedBreaks(this.api, await wholeFeed(this.api))));
  }

  private async get(path: string): Promise<Json> {
    return this.body(`GET ${path}`, await this.counted(this.api.get(path)));
  }

  private async post(path: string, body: object): Promise<Json> {
    return this.body(`POST ${path}`, await this.counted(this.api.post(path, body)));
  }

  private body(what: string, { status, text, body }: Answer): Json {
    if (status >= 400) throw new Error(`${what}: ${status} ${text}`);
    return body;
  }

  private counted(answer: Promise<Answer>): Promise<Answer> {
    this.requests += 1;
    return answer;
  }

  private expect(holds: boolean, otherwise: string): void {
    if (!holds) this.failures.push(otherwise);
  }

  /** What fails does not keep the rest from being tried. */
  private async noting(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => this.failures.push(`${what}: ${String(error)}`));
  }
}

function idsOf({ data }: Json): string[] {
  return (data as { id: string }[]).map(({ id }) => id);
}
