import { signal } from '@preact/signals';
import { call, dealPath, get, messageOf, type Answer } from '../api.js';
import type { Aggregate, Deal } from '../types.js';
import { announce, complain } from '../ui/messages.js';
import { CARD_FIELDS, findCard, held, pipeline, place, type Card } from './board.js';
import { letGo, refreshSums } from './changes.js';
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
  const version = call<Card>('GET', dealPath(card.id), { query: { fields: CARD_FIELDS } });
  version.catch(() => undefined);
  return { card, version };
}

export function putBack({ card }: Hold): void {
  letGo(card.id);
}

const turns = new Map<string, Promise<void>>();

/** Moves a deal by key or menu. If it is still on its way, it is moved on from where it arrives, not from where it was. */
export function moveOn(id: string, from: Column, to: Column): Promise<void> {
  const turn = (turns.get(id) ?? Promise.resolve()).then(async () => {
    const card = findCard(id);
    if (card !== undefined && columnOf(card, pipeline.value) === from.id) await move(pickUp(card), to);
  });
  turns.set(id, turn);
  return turn.finally(() => turns.get(id) === turn && turns.delete(id));
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
    if (seen.updated_at !== card.updated_at) throw new Error('Somebody else has changed it.');
    place(card.id, await send(card, to, etag, loss));
    announce(`${nameOf(card)} is in ${to.label} now.`);
  } catch (error) {
    place(
      card.id,
      await call<Card>('GET', dealPath(card.id), { query: { fields: CARD_FIELDS } }).then(
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

/** Sends a deal to a column, if it still has the version that is named. */
export async function send(deal: Deal, to: Column, etag: string | null, loss?: Loss): Promise<Deal> {
  const { method, path, body } = requestOf(deal, to, loss);
  const query = { fields: CARD_FIELDS };
  const first = await call<Deal>(method, path, { query, ifMatch: etag, ...(body && { body }) });
  // A deal that had ended is Open when it is reopened; the other open statuses are set afterwards.
  if (to.status === undefined || first.body.status === to.status) return first.body;
  const status = { status: to.status };
  return (await call<Deal>('PATCH', dealPath(deal.id), { query, ifMatch: first.etag, body: status })).body;
}

const ENDED = new Set(['Converted', 'Lost', 'Closed']);

interface Request {
  method: string;
  path: string;
  body?: object;
}

function requestOf(deal: Deal, to: Column, loss?: Loss): Request {
  const action = (name: string, body?: object): Request => ({
    method: 'POST',
    path: `${dealPath(deal.id)}/${name}`,
    ...(body && { body }),
  });
  if (to.stage !== undefined) return action('move', { stage: to.stage.id, ...loss });
  if (to.outcome === 'lost') return action('lose', loss);
  if (to.outcome === 'won') return action('convert');
  if (to.outcome === 'closed') return action('close');
  if (ENDED.has(deal.status)) return action('reopen');
  return { method: 'PATCH', path: dealPath(deal.id), body: { status: to.status } };
}

export function askWhy(card: Card): Promise<Loss | undefined> {
  return new Promise((resolve) => {
    const answer = (loss: Loss | undefined): void => {
      if (asksWhy.value?.answer === answer) asksWhy.value = undefined;
      resolve(loss);
    };
    asksWhy.value = { card, answer };
  });
}

/** Reasons that were given before, most frequent first. */
export async function knownReasons(): Promise<string[]> {
  const query = { group_by: 'lost_reason', measures: 'count', sort: '-count', limit: 12, status: 'Lost' };
  const { data } = await get<Aggregate>('/api/crm/opportunity/aggregate', query);
  return data.flatMap(({ keys }) => keys['lost_reason'] ?? []);
}

export function nameOf({ title, party_name }: Pick<Card, 'title' | 'party_name'>): string {
  return title ?? party_name;
}
