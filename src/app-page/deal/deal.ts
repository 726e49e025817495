import { computed, effect, signal } from '@preact/signals';
import { ApiError, call, dealPath, get, messageOf, type Query } from '../api.js';
import { followChanges, onEvent } from '../live.js';
import type { ChangeEvent, Deal, Item, Page, Pipeline } from '../types.js';
import { complain } from '../ui/messages.js';
import { nameKeys } from './key-names.js';

/* The deal that is open, with everything that belongs to it. */

const OPT_IN = [
  ...['pipeline_id', 'stage_id', 'stage_entered_at', 'probability_source', 'snoozed_until', 'won_at', 'lost_at'],
  ...['closed_at', 'rotten_at', 'forecast_category', 'weighted_amount', 'external_id', 'metadata'],
  ...['items.*', 'items.external_id', 'items.metadata'],
];
const QUERY: Query = { fields: ['*', ...OPT_IN].join(','), expand: 'items,lost_reasons,stages' };
const HISTORY_PAGE = 20;
const MOST_HISTORY = 100;

export const deal = signal<Deal | undefined>(undefined);
export const problem = signal('');
export const history = signal<{ events: ChangeEvent[]; hasMore: boolean }>({ events: [], hasMore: false });
export const pipelines = signal<Pipeline[]>([]);

export const pipeline = computed(() => pipelines.value.find(({ id }) => id === deal.value?.pipeline_id));

let etag: string | null = null;
let isWriting = false;
/** Ends when another deal is opened, or this one is read again. */
let asked = new AbortController();

const TOGETHER_MS = 200;

export function openDeal(id: string): () => void {
  deal.value = undefined;
  problem.value = '';
  history.value = { events: [], hasMore: false };
  void read(id);
  const say = (error: unknown): void => complain(messageOf(error));
  readPipelines().catch(say);
  const stopNaming = effect(() => void nameKeys(history.value.events.map(({ key_id }) => key_id)).catch(say));
  let wait: ReturnType<typeof setTimeout> | undefined;
  const again = (): void => {
    clearTimeout(wait);
    wait = setTimeout(() => void read(id), TOGETHER_MS);
  };
  const stop = onEvent(({ opportunity_id }) => {
    if (opportunity_id === id && !isWriting) again();
  }, again);
  const stopFollowingPipelines = followChanges(readPipelines, ({ type }) => type.startsWith('pipeline'));
  return () => {
    clearTimeout(wait);
    stop();
    stopNaming();
    stopFollowingPipelines();
    asked.abort();
  };
}

async function read(id: string): Promise<void> {
  asked.abort();
  asked = new AbortController();
  const { signal: ended } = asked;
  const limit = Math.min(Math.max(HISTORY_PAGE, history.value.events.length), MOST_HISTORY);
  try {
    const [found, { data, has_more }] = await Promise.all([
      call<Deal>('GET', dealPath(id), { query: QUERY, signal: ended }),
      get<Page<ChangeEvent>>(`${dealPath(id)}/history`, { limit }, ended),
    ]);
    if (ended.aborted) return;
    deal.value = found.body;
    etag = found.etag;
    history.value = { events: data, hasMore: has_more };
    problem.value = '';
  } catch (error) {
    if (ended.aborted) return;
    problem.value =
      error instanceof ApiError && error.status === 404 ? 'This deal does not exist any more.' : messageOf(error);
  }
}

async function readPipelines(): Promise<void> {
  pipelines.value = (await get<Page<Pipeline>>('/api/crm/pipeline', { expand: 'stages', limit: 100 })).data;
}

export async function moreHistory(): Promise<void> {
  const { id } = deal.value ?? {};
  if (id === undefined) return;
  const { events } = history.value;
  try {
    const query = { limit: HISTORY_PAGE, offset: events.length };
    const { data, has_more } = await get<Page<ChangeEvent>>(`${dealPath(id)}/history`, query);
    const known = new Set(events.map((event) => event.id));
    if (deal.value?.id === id)
      history.value = { events: [...events, ...data.filter((event) => !known.has(event.id))], hasMore: has_more };
  } catch (error) {
    complain(messageOf(error));
  }
}

/** Writes to the deal or to what belongs to it; answers as `attempt` does. */
export function write(
  method: string,
  path: string,
  { body, isOfDeal = true }: { body?: object; isOfDeal?: boolean } = {},
): Promise<string | undefined> {
  return attempt((version) => call(method, path, { ...(body && { body }), ...(isOfDeal && { ifMatch: version }) }));
}

/**
 * Does something to the deal, given its version, and shows how it is afterwards. Answers the sentence of a refusal, which is
 * said aloud as well, or undefined.
 */
export async function attempt(work: (version: string | null) => Promise<unknown>): Promise<string | undefined> {
  const id = deal.value?.id ?? '';
  isWriting = true;
  try {
    await work(etag);
    return undefined;
  } catch (error) {
    const isOld = error instanceof ApiError && error.status === 412;
    const message = isOld ? 'Somebody else has changed this deal. Check it, and try again.' : messageOf(error);
    complain(message);
    return message;
  } finally {
    isWriting = false;
    if (deal.value?.id === id) await read(id);
  }
}

export function change(attribute: string, value: unknown): Promise<string | undefined> {
  return write('PATCH', dealPath(deal.value?.id ?? ''), { body: { [attribute]: value } });
}

export function changeItem(item: Item, attribute: string, value: unknown): Promise<string | undefined> {
  return write('PATCH', `/api/crm/opportunity-item/${item.id}`, { body: { [attribute]: value }, isOfDeal: false });
}
