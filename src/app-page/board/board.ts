import { batch, computed, effect, signal } from '@preact/signals';
import { ApiError, get, messageOf, type Query } from '../api.js';
import { followChanges } from '../live.js';
import { query } from '../route.js';
import { key, me } from '../session.js';
import type { Aggregate, Deal, Group, Page, Pipeline } from '../types.js';
import { chosenPipeline, columnOf, columnsOf, excludes, NO_STAGE, type Column } from './columns.js';
import { filtersOf } from './filters.js';

/* What the board shows. Everything comes from three questions: pipelines, a page of deals for each column, and one group
 * for each column. */

export const CARD_FIELDS = [
  ...['id', 'updated_at', 'title', 'party_name', 'customer_name', 'company', 'status', 'currency'],
  ...['opportunity_amount', 'expected_closing', 'opportunity_owner', 'probability', 'pipeline_id', 'stage_id'],
  ...['sales_stage', 'stage_entered_at', 'rotten_at', 'snoozed_until'],
].join(',');

export type Card = Deal;

export interface Cards {
  cards: Card[];
  hasMore: boolean;
  isLoading: boolean;
  /** As many cards as a person has asked for; others go when new ones come. */
  room: number;
}

const PER_PAGE = 50;
/** The list's own limit. */
const MOST_PER_PAGE = 100;
export const NOTHING: Cards = { cards: [], hasMore: false, isLoading: true, room: PER_PAGE };
const EMPTY: Cards = { ...NOTHING, isLoading: false };

export const pipelines = signal<Pipeline[] | undefined>(undefined);
export const failure = signal('');
export const contents = signal<Record<string, Cards>>({});
export const sums = signal<{ groups: Record<string, Group>; total: number; baseCurrency: string | null } | undefined>(
  undefined,
);

export const pipeline = computed(() => chosenPipeline(pipelines.value ?? [], query.value));
export const columns = computed(() => columnsOf(pipeline.value));
/** The columns that deals can be moved to. It follows the pipeline alone, so cards do not change with their neighbours. */
export const targets = computed(() => columns.value.filter(({ takesDeals }) => takesDeals));
/** The columns to show: the one for deals in no stage only if there are any. */
export const shownColumns = computed(() =>
  columns.value.filter(({ id, takesDeals }) => takesDeals || (contents.value[id]?.cards.length ?? 0) > 0 || isIn(id)),
);
const isIn = (id: string): boolean => (sums.value?.groups[id]?.count ?? 0) > 0;

/** A closed deal stays in its stage, but is no work any more: it is shown to those who ask for it. */
const filters = computed(() => {
  const given = filtersOf(query.value);
  const asksForStatus = Object.keys(given).some((name) => name.startsWith('status'));
  const isPlain = pipeline.value === undefined || asksForStatus;
  return JSON.stringify(isPlain ? given : { ...given, 'status[ne]': 'Closed' });
});
const sort = computed(() => query.value.get('sort') ?? '');

/** Deals that a person is moving right now: they stay where they are until the person lets go. */
export const held = new Set<string>();

let asked = new AbortController();
/** Ends when the columns that are asked for are there. */
let reading: Promise<unknown> = Promise.resolve();

/** The deals of one key are not shown to the next one. */
key.subscribe(() => {
  pipelines.value = undefined;
  contents.value = {};
  sums.value = undefined;
});

/** Everything anew: when the board opens, and when pipeline, filters or order change. */
export function openBoard(): () => void {
  const stopLoading = effect(() => {
    if (me.value !== undefined) void loadPipelines();
  });
  const stopReading = effect(() => {
    if (pipelines.value === undefined) return;
    read(columns.value, JSON.parse(filters.value) as Query, sort.value);
  });
  const stopFollowingPipelines = followChanges(loadPipelines, ({ type }) => type.startsWith('pipeline'));
  return () => {
    stopLoading();
    stopReading();
    stopFollowingPipelines();
    asked.abort();
  };
}

export async function loadPipelines(): Promise<void> {
  failure.value = '';
  try {
    const { data } = await get<Page<Pipeline>>('/api/crm/pipeline', { expand: 'stages', limit: 100 });
    pipelines.value = data.filter(({ archived }) => !archived);
  } catch (error) {
    failure.value = messageOf(error);
  }
}

function read(wanted: readonly Column[], filter: Query, order: string): void {
  asked.abort();
  asked = new AbortController();
  const { signal: ended } = asked;
  batch(() => {
    failure.value = '';
    sums.value = undefined;
    const before = contents.peek();
    contents.value = Object.fromEntries(
      wanted.map((column) => [column.id, excludes(filter, column) ? EMPTY : (before[column.id] ?? NOTHING)]),
    );
  });
  const fail = (error: unknown): void => {
    if (!ended.aborted) failure.value = messageOf(error);
  };
  const readAll = (some: readonly Column[]): Promise<unknown> =>
    Promise.all(some.map((column) => readColumn(column, { ...filter, ...orderOf(order) }, ended).catch(fail)));
  reading = readAll(wanted.filter((column) => column.id !== NO_STAGE && !excludes(filter, column)));
  // Cards come first: the sums read every deal, and would take the database from them. They also tell whether there are
  // deals in no stage, of which most pipelines have none and which no index finds.
  void reading
    .then(() => readFirstSums(ended))
    .catch(fail)
    .then(() => {
      if (ended.aborted) return;
      if (sums.value === undefined || isIn(NO_STAGE)) reading = readAll(wanted.filter(({ id }) => id === NO_STAGE));
      else if (NO_STAGE in contents.value) set(NO_STAGE, EMPTY);
    });
}

/**
 * The cards of the columns once more, where so many deals have changed that looking them up would take longer. Answers
 * whether all of them are there; false if they have to be read again.
 */
export async function readColumnsAgain(): Promise<boolean> {
  const { signal: ended } = asked;
  const filter = currentFilter();
  const isWanted = (column: Column): boolean => (column.id !== NO_STAGE || isIn(NO_STAGE)) && !excludes(filter, column);
  const reads = columns.value
    .filter(isWanted)
    .map((column) => readColumn(column, { ...filter, ...orderOf(sort.value) }, ended));
  const outcomes = Promise.allSettled(reads);
  reading = outcomes;
  const areThere = (await outcomes).every(({ status }) => status === 'fulfilled');
  return areThere || ended.aborted;
}

/** The reads that are under way: when they are there, and whether anybody still waits for them. */
export function presentReads(): { reading: Promise<unknown>; ended: AbortSignal } {
  return { reading, ended: asked.signal };
}

function orderOf(order: string): Query {
  return order === '' ? {} : { sort: order };
}

/** Fills the room of a column: with all of its cards, or with those that follow the one it ends with. */
async function readColumn(column: Column, filter: Query, ended: AbortSignal, end?: string): Promise<void> {
  // The effect that reads the columns does not follow what it fills.
  const state = (): Cards => contents.peek()[column.id] ?? NOTHING;
  const kept = (): Card[] => (end === undefined ? [] : state().cards);
  const isHeld = ({ id }: Card): boolean => held.has(id) && findCard(id) !== undefined;
  const found: Card[] = [];
  let free = state().room - kept().length;
  let hasMore = true;
  while (hasMore && free > 0) {
    const after = found.at(-1)?.id ?? end;
    const { data, has_more } = await get<Page<Card>>(
      '/api/crm/opportunity',
      {
        ...filter,
        ...column.filter,
        fields: CARD_FIELDS,
        limit: Math.min(free, MOST_PER_PAGE),
        include_total: false,
        ...(after !== undefined && { starting_after: after }),
      },
      ended,
    );
    found.push(...data);
    hasMore = has_more;
    // A person may have asked for more cards meanwhile.
    free = state().room - kept().length - found.length;
  }
  // Another read has replaced the cards that these follow.
  if (end !== undefined && kept().at(-1)?.id !== end) return;
  const shown = [...kept(), ...found.filter((card) => !isHeld(card))];
  const cards = [...new Map(shown.map((card) => [card.id, card])).values()];
  if (end === undefined) {
    for (const [at, card] of state().cards.entries()) if (isHeld(card)) cards.splice(at, 0, card);
  }
  set(column.id, { cards, hasMore, isLoading: false });
}

export async function showMore(column: Column): Promise<void> {
  const { cards = [] } = contents.value[column.id] ?? {};
  const last = cards.at(-1);
  if (last === undefined) return;
  set(column.id, { isLoading: true, room: cards.length + PER_PAGE });
  try {
    await readColumn(column, { ...currentFilter(), ...orderOf(sort.value) }, asked.signal, last.id);
  } catch (error) {
    if (!asked.signal.aborted) failure.value = messageOf(error);
  } finally {
    set(column.id, { isLoading: false });
  }
}

export function currentFilter(): Query {
  return JSON.parse(filters.value) as Query;
}

/** The sums are over all deals of a column, whatever the cards show. */
export async function readSums(ended = asked.signal): Promise<void> {
  const { id } = pipeline.value ?? {};
  const key = id === undefined ? 'status' : 'stage_id';
  const { data, totals, base_currency } = await get<Aggregate>(
    '/api/crm/opportunity/aggregate',
    {
      ...currentFilter(),
      ...(id !== undefined && { pipeline_id: id }),
      group_by: key,
      measures: 'count,sum.base_opportunity_amount,sum.weighted_amount',
      limit: 1000,
    },
    ended,
  );
  const groups = Object.fromEntries(data.map((group) => [group.keys[key] ?? NO_STAGE, group]));
  sums.value = { groups, total: totals.count, baseCurrency: base_currency };
}

const SUMS_ATTEMPTS = 5;
const SUMS_PAUSE_MS = 2000;

/** Sums that a busy database could not compute in time are asked for again; the cards are there meanwhile. */
async function readFirstSums(ended: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await readSums(ended);
      return;
    } catch (error) {
      const isBusy = error instanceof ApiError && error.code === 'query_too_costly';
      if (!isBusy || attempt === SUMS_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, SUMS_PAUSE_MS));
    }
  }
}

function set(id: string, change: Partial<Cards>): void {
  contents.value = { ...contents.value, [id]: { ...(contents.value[id] ?? NOTHING), ...change } };
}

/** Puts a card where its attributes say; at the top where it is new. Undefined takes it out. */
export function place(id: string, card: Card | undefined): void {
  const target = card && columnOf(card, pipeline.value);
  const next: Record<string, Cards> = {};
  for (const [column, state] of Object.entries(contents.value)) {
    const at = state.cards.findIndex((each) => each.id === id);
    if (column === target && card !== undefined)
      next[column] = at < 0 ? onTop(card, state) : { ...state, cards: state.cards.with(at, card) };
    else next[column] = at < 0 ? state : { ...state, cards: state.cards.toSpliced(at, 1) };
  }
  contents.value = next;
}

function onTop(card: Card, state: Cards): Cards {
  const cards = [card, ...state.cards];
  return { ...state, cards: cards.slice(0, state.room), hasMore: state.hasMore || cards.length > state.room };
}

export function findCard(id: string): Card | undefined {
  return Object.values(contents.value)
    .flatMap(({ cards }) => cards)
    .find((card) => card.id === id);
}
