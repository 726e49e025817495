import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Answer, Client } from '../../test/support/client.js';
import { toUnits } from '../../test/support/deal-model.js';
import type { Random } from './random.js';

/** What is known of a child that this client has added and not deleted. */
export interface OwnChild {
  id: string;
  qty: bigint;
  rate: bigint;
}

type Write = 'add' | 'update' | 'move' | 'delete' | 'reorder items' | 'reorder reasons';

const ATTEMPTS = 20;

/** Of twenty writes; the same share of additions and deletions keeps the list at a length where moves mean something. */
const MIX: readonly Write[] = [
  ...new Array<Write>(6).fill('add'),
  ...new Array<Write>(4).fill('update'),
  ...new Array<Write>(3).fill('move'),
  ...new Array<Write>(5).fill('delete'),
  'reorder items',
  'reorder reasons',
];

/** One of many who write the children of the same opportunity. Only it changes the line items it has added. */
export class ChildrenClient {
  readonly own: OwnChild[] = [];
  readonly failures: string[] = [];
  writes = 0;
  /** Requests that the service had no connection for. */
  refused = 0;
  /** Reorders refused because the list had changed since it was read. */
  outdated = 0;

  constructor(
    private readonly api: Client,
    private readonly dealId: string,
    private readonly reasonIds: readonly string[],
    private readonly random: Random,
  ) {}

  async write(times: number): Promise<void> {
    for (; this.writes < times; this.writes++) await this.writeOnce(this.random.pick(MIX));
  }

  /**
   * As a client should: refused for want of a connection, it waits as long as it is told and repeats the request, a POST
   * with the key of the first time, so that nothing is done twice.
   */
  private async send(method: string, path: string, body?: object): Promise<Answer> {
    const headers = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    for (let attempt = 1; ; attempt++) {
      const answer = await this.api.request(method, path, { headers, ...(body && { body }) });
      const isRefused = answer.status === 503 || answer.body.error?.code === 'idempotency_key_in_use';
      if (!isRefused || attempt === ATTEMPTS) return answer;
      this.refused += 1;
      await wait(Number(answer.headers.get('retry-after')) * 1000 * (0.5 + this.random.next()));
    }
  }

  private async writeOnce(wanted: Write): Promise<void> {
    if (wanted === 'reorder items') return this.reorderItems();
    if (wanted === 'reorder reasons') return this.reorderReasons();
    const [child] = this.random.shuffled(this.own);
    if (wanted === 'add' || child === undefined) return this.add();
    if (wanted === 'delete') return this.remove(child);
    return wanted === 'move' ? this.move(child) : this.update(child);
  }

  private async add(): Promise<void> {
    const values = this.values();
    const idx = this.random.next() < 0.5 ? {} : { idx: this.random.between(1, 40) };
    const answer = await this.send('POST', '/opportunity-item', { opportunity_id: this.dealId, ...values, ...idx });
    if (this.isAnswered('add', answer, 201))
      this.own.push({ id: answer.body.id as string, qty: unitsOf(values.qty), rate: unitsOf(values.rate) });
  }

  private async update(child: OwnChild): Promise<void> {
    const values = this.values();
    const answer = await this.send('PATCH', `/opportunity-item/${child.id}`, values);
    if (this.isAnswered('update', answer, 200))
      Object.assign(child, { qty: unitsOf(values.qty), rate: unitsOf(values.rate) });
  }

  private async move(child: OwnChild): Promise<void> {
    const idx = this.random.between(1, 60);
    this.isAnswered('move', await this.send('PATCH', `/opportunity-item/${child.id}`, { idx }), 200);
  }

  private async remove(child: OwnChild): Promise<void> {
    const answer = await this.send('DELETE', `/opportunity-item/${child.id}`);
    // Repeated after a refusal, it may have been done the first time.
    if (answer.status === 404 || this.isAnswered('delete', answer, 200)) this.own.splice(this.own.indexOf(child), 1);
  }

  /** Between the reading and the writing others go on, so a refusal is a right answer, too. */
  private async reorderItems(): Promise<void> {
    const list = await this.send('GET', `/opportunity-item?parent_id=${this.dealId}`);
    if (!this.isAnswered('list', list, 200)) return;
    const ids = this.random.shuffled((list.body.data as { id: string }[]).map(({ id }) => id));
    const answer = await this.send('POST', '/opportunity-item/reorder', { parent_id: this.dealId, ids });
    if (answer.status === 400 && answer.body.error.param === 'ids') this.outdated += 1;
    else this.isAnswered('reorder', answer, 200);
  }

  /** No one adds or deletes these, so the new order is always a complete one. */
  private async reorderReasons(): Promise<void> {
    const ids = this.random.shuffled(this.reasonIds);
    const answer = await this.send('POST', '/opportunity-lost-reason-detail/reorder', { parent_id: this.dealId, ids });
    if (!this.isAnswered('reorder', answer, 200)) return;
    const answered = (answer.body.data as { id: string }[]).map(({ id }) => id);
    if (!isDeepStrictEqual(answered, ids)) this.failures.push('a reorder answered another order than was asked for');
  }

  private values(): { qty: number; rate: number } {
    return { qty: this.random.between(0, 9999) / 100, rate: this.random.between(-99_999, 99_999) / 1000 };
  }

  private isAnswered(what: string, { status, text }: Answer, expected: number): boolean {
    if (status === expected) return true;
    this.failures.push(`${what} answered ${status}: ${text.slice(0, 200)}`);
    return false;
  }
}

function unitsOf(value: number): bigint {
  return toUnits(String(value));
}
