import { batch } from '@preact/signals';
import { get } from '../api.js';
import { onEvent } from '../live.js';
import type { Page } from '../types.js';
import {
  CARD_FIELDS,
  currentFilter,
  held,
  pipeline,
  place,
  presentReads,
  readColumnsAgain,
  readSums,
  type Card,
} from './board.js';

/* What others change. Events of a moment are looked up together, and sums at most about once a second. */

const TOGETHER_MS = 150;
const LONGEST_PAUSE_MS = 30_000;
const SUMS_EVERY_MS = 1000;
const MOST_AT_ONCE = 100;
/** As from an import: more changes than the cards that the columns begin with. */
const FLOOD = 500;

const changed = new Set<string>();
let isWaiting = false;
/** Longer after each failure. */
let pause = TOGETHER_MS;
let sumsWait: ReturnType<typeof setTimeout> | undefined;

export function followDeals(): () => void {
  return onEvent(
    ({ opportunity_id }) => {
      if (opportunity_id !== null) noteChange(opportunity_id);
    },
    // The board follows its pipelines, and reads everything anew with them.
    () => undefined,
  );
}

function noteChange(id: string): void {
  changed.add(id);
  catchUpSoon();
}

function catchUpSoon(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    void catchUp();
  }, pause);
}

async function catchUp(): Promise<void> {
  const { reading, ended } = presentReads();
  // A column that was asked for before the change would put the former deal in the place of the new one.
  await reading;
  // The columns are being read anew, or nobody looks at them.
  if (ended.aborted) return;
  const all = [...changed].filter((id) => !held.has(id));
  const ids = all.length > FLOOD ? all : all.slice(0, MOST_AT_ONCE);
  for (const id of ids) changed.delete(id);
  const isDone = ids.length > FLOOD ? await readColumnsAgain() : ids.length === 0 || (await lookUp(ids, ended));
  if (!isDone) {
    for (const id of ids) changed.add(id);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    catchUpSoon();
    return;
  }
  pause = TOGETHER_MS;
  refreshSums();
  if ([...changed].some((id) => !held.has(id))) void catchUp();
}

/** Answers whether the deals are in their places; false if they have to be looked up again. */
async function lookUp(ids: readonly string[], ended: AbortSignal): Promise<boolean> {
  const { id } = pipeline.value ?? {};
  const filter = { ...currentFilter(), ...(id !== undefined && { pipeline_id: id }), 'id[in]': ids.join(',') };
  const { data } = await get<Page<Card>>(
    '/api/crm/opportunity',
    { ...filter, fields: CARD_FIELDS, limit: MOST_AT_ONCE, include_total: false },
    ended,
  ).catch(() => ({ data: undefined }));
  // Whoever has ended it reads everything anew.
  if (ended.aborted) return true;
  if (data === undefined) return false;
  batch(() => {
    for (const each of ids)
      place(
        each,
        data.find((card) => card.id === each),
      );
  });
  return true;
}

export function refreshSums(): void {
  sumsWait ??= setTimeout(() => {
    sumsWait = undefined;
    void readSums().catch(() => undefined);
  }, SUMS_EVERY_MS / 2);
}

export function letGo(id: string): void {
  held.delete(id);
  // Others may have changed it meanwhile, and a read has left it where it was.
  noteChange(id);
}
