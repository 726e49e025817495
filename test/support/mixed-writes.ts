import type { Answer, Client, Json } from './client.js';
import { minimal } from './fixtures.js';

/* Every way to write a deal or its children, with values so few that a write often changes nothing. */

export const WRITES = [
  'patch',
  'rate',
  'batch',
  'each',
  'add',
  'change',
  'move',
  'remove',
  'reorder',
  'putItems',
  'sameItems',
  'addReason',
  'putReasons',
  'lose',
  'reopen',
  'close',
  'stage',
  'create',
  'delete',
] as const;

/** A write as numbers; they choose from what there is when it is sent. */
export interface Write {
  kind: (typeof WRITES)[number];
  deal: number;
  child: number;
  value: number;
}

/** Amounts whose sums a double holds exactly. */
const AMOUNTS = [0, 1, 2.5, 1024] as const;
/** The last two are stored as the same. */
const WORTHS = [7, 7.5, 1.25, 1.2500000000004] as const;
const DAYS = [null, '2024-03-31', '2024-04-30'] as const;

/** Stages of `createPipeline`; without one, these are refused. */
const MOVES = [
  { stage: 'A' },
  { stage: 'B' },
  { stage: 'Won' },
  { stage: 'Lost', lost_reasons: [{ lost_reason: 'Price' }] },
] as const;

function nth<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T;
}

/** Writers of a few deals that have no secrets from each other. */
export class MixedWrites {
  /** Requests that number a whole list anew; others shift the siblings of what they write. */
  readonly listRequests = new Set<string>();

  constructor(
    readonly api: Client,
    readonly dealIds: string[],
  ) {}

  async send(write: Write): Promise<Answer> {
    const answer = await this.request(write);
    const requestId = answer.headers.get('request-id');
    if (/put|same|lose|reopen|stage/i.test(write.kind) && requestId !== null) this.listRequests.add(requestId);
    if (write.kind === 'create' && answer.status === 201) this.dealIds.push(answer.body.id);
    return answer;
  }

  private async request({ kind, deal, child, value }: Write): Promise<Answer> {
    const { api } = this;
    const id = nth(this.dealIds, deal);
    const path = `/opportunity/${id}`;
    const amount = nth(AMOUNTS, value);
    const line = { qty: amount, rate: nth(AMOUNTS, child), item_code: nth(['A', null, 'B'], value) };
    const title = nth(['x', 'y', null], value);
    switch (kind) {
      case 'patch':
        return api.patch(path, { title, opportunity_amount: nth(WORTHS, child), expected_closing: nth(DAYS, value) });
      case 'rate':
        return api.patch(path, { conversion_rate: nth([1, 2, 0.5, 0.5000000000001], value), title });
      case 'batch':
      case 'each':
        return api.post('/opportunity/batch', {
          atomic: kind === 'batch',
          operations: this.dealIds.slice(0, 3).map((id, n) => ({
            method: 'update',
            id,
            body: { title, opportunity_amount: nth(WORTHS, child + n) },
          })),
        });
      case 'add':
        return api.post('/opportunity-item', { opportunity_id: id, ...line, ...(child % 2 > 0 && { idx: child }) });
      case 'change':
        return api.patch(`/opportunity-item/${await this.item(id, child)}`, line);
      case 'move':
        return api.patch(`/opportunity-item/${await this.item(id, child)}`, { idx: 1 + (value % 4) });
      case 'remove':
        return api.delete(`/opportunity-item/${await this.item(id, child)}`);
      case 'reorder': {
        const ids = (await this.items(id)).map((item) => item.id);
        return api.post('/opportunity-item/reorder', { parent_id: id, ids: value % 2 > 0 ? ids.reverse() : ids });
      }
      case 'putItems': {
        const [, ...kept] = await this.items(id);
        return api.request('PUT', `${path}/items`, { body: { items: [...kept, line] } });
      }
      case 'sameItems':
        return api.request('PUT', `${path}/items`, { body: { items: await this.items(id) } });
      case 'addReason':
        return api.post('/opportunity-lost-reason-detail', { opportunity_id: id, lost_reason: 'Price' });
      case 'putReasons':
        return api.request('PUT', `${path}/lost-reasons`, { body: { lost_reasons: [{ lost_reason: 'Timing' }] } });
      case 'lose':
        return api.post(`${path}/lose`, { lost_reasons: [{ lost_reason: 'Budget' }], order_lost_reason: title });
      case 'reopen':
      case 'close':
        return api.request('POST', `${path}/${kind}`);
      case 'stage':
        return api.post(`${path}/move`, nth(MOVES, value));
      case 'create':
        return api.post('/opportunity', {
          ...minimal,
          title,
          opportunity_amount: 1.2500000000004,
          items: [line, line],
        });
      case 'delete':
        return api.delete(path);
    }
  }

  private async items(id: string): Promise<Json[]> {
    return (await this.api.get(`/opportunity-item?parent_id=${id}`)).body.data ?? [];
  }

  private async item(id: string, child: number): Promise<string> {
    const items = await this.items(id);
    return items.length === 0 ? 'opportunity-item_none' : nth(items, child).id;
  }
}
