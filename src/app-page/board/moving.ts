import { signal } from '@preact/signals';
import { call, get, messageOf, type Answer } from '../api.js';
import type { Aggregate } from '../types.js';
import { announce, complain } from '../ui/messages.js';
import { CARD_FIELDS, held, letGo, pipeline, place, refreshSums, type Card } from './board.js';
import { columnOf, type Column } from './columns.js';

/** Why a deal was lost, as the dialog asks. */
export interface Loss {
  lost_reasons: { lost_reason: string }[];
  order_lost_reason?: string;
}

/** A move that waits for the reasons of a loss. */
export const asksWhy = signal<{ card: Card; answer: (loss: Loss | undefined) => void } | undefined>(undefined);

/** A deal in somebody's hand: the version they see, so that nothing moves that has changed meanwhile. */
export interface Hold {
  card: Card;
  version: Promise<Answer<Card>>;
}

export function pickUp(card: Card): Hold {
  held.add(card.id);
  const version = call<Card>('GET', pathOf(card), { query: { fields: CARD_FIELDS } });
  version.catch(() => undefined);
  return { card, version };
}

export function putBack({ card }: Hold): void {
  letGo(card.id);
}

/** Moves a deal: at once on the screen, then in the service; taken back with a sentence if it refuses. */
export async function move(hold: Hold, to: Column): Promise<void> {
  const { card } = hold;
  if (columnOf(card, pipeline.value) === to.id || !to.takesDeals) {
    putBack(hold);
    return;
  }
  const loss = to.outcome === 'lost' ? await askWhy(card) : undefined;
  if (to.outcome === 'lost' && loss === undefined) {
    putBack(hold);
    return;
  }
  place(card.id, { ...card, ...asIn(to), stage_entered_at: new Date().toISOString(), rotten_at: null });
  try {
    const { body: seen, etag } = await hold.version;
    if (seen.updated_at !== card.updated_at) throw new Error('Somebody has changed it meanwhile.');
    place(card.id, await write(card, to, etag, loss));
    announce(`${nameOf(card)} is in ${to.label} now.`);
  } catch (error) {
    place(
      card.id,
      await call<Card>('GET', pathOf(card), { query: { fields: CARD_FIELDS } }).then(
        ({ body }) => body,
        () => card,
      ),
    );
    complain(`${nameOf(card)} was not moved to ${to.label}. ${messageOf(error)}`);
  } finally {
    letGo(card.id);
    refreshSums();
  }
}

function asIn({ stage, status }: Column): Partial<Card> {
  return stage === undefined ? { status: status ?? 'Open' } : { stage_id: stage.id, sales_stage: stage.key };
}

async function write(card: Card, to: Column, etag: string | null, loss: Loss | undefined): Promise<Card> {
  const { method, path, body } = requestOf(card, to, loss);
  const query = { fields: CARD_FIELDS };
  const first = await call<Card>(method, path, { query, ifMatch: etag, ...(body && { body }) });
  // A deal that had ended is Open when it is reopened; the other open statuses are set afterwards.
  if (to.status === undefined || first.body.status === to.status) return first.body;
  const status = { status: to.status };
  return (await call<Card>('PATCH', pathOf(card), { query, ifMatch: first.etag, body: status })).body;
}

const ENDED = new Set(['Converted', 'Lost', 'Closed']);

function requestOf(card: Card, to: Column, loss?: Loss): { method: string; path: string; body?: object } {
  const action = (name: string, body?: object): { method: string; path: string; body?: object } => ({
    method: 'POST',
    path: `${pathOf(card)}/${name}`,
    ...(body && { body }),
  });
  if (to.stage !== undefined) return action('move', { stage: to.stage.id, ...loss });
  if (to.outcome === 'lost') return action('lose', loss);
  if (to.outcome === 'won') return action('convert');
  if (to.outcome === 'closed') return action('close');
  if (ENDED.has(card.status)) return action('reopen');
  return { method: 'PATCH', path: pathOf(card), body: { status: to.status } };
}

export function askWhy(card: Card): Promise<Loss | undefined> {
  return new Promise((resolve) => {
    asksWhy.value = {
      card,
      answer: (loss) => {
        asksWhy.value = undefined;
        resolve(loss);
      },
    };
  });
}

/** Reasons that were given before, most frequent first. */
export async function knownReasons(): Promise<string[]> {
  const query = { group_by: 'lost_reason', measures: 'count', sort: '-count', limit: 12, status: 'Lost' };
  const { data } = await get<Aggregate>('/api/crm/opportunity/aggregate', query);
  return data.flatMap(({ keys }) => keys['lost_reason'] ?? []);
}

export function pathOf({ id }: Pick<Card, 'id'>): string {
  return `/api/crm/opportunity/${id}`;
}

export function nameOf({ title, party_name }: Pick<Card, 'title' | 'party_name'>): string {
  return title ?? party_name;
}
