import { batch } from '@preact/signals';
import { get } from '../api.js';
import { onEvent } from '../live.js';
import type { Page } from '../types.js';
import {
  CARD_FIELDS,
  currentFilter,
  loadPipelines,
  pipeline,
  place,
  presentReads,
  readColumnsAgain,
  readSums,
  type Card,
} from './board.js';

/* What others change. Events of a moment are looked up together, and sums at most about once a second. */

const TOGETHER_MS = 150;
const SUMS_EVERY_MS = 1000;
const MOST_AT_ONCE = 100;
/** As from an import: more changes than the cards that the columns begin with. */
const FLOOD = 500;

const changed = new Set<string>();
let isWaiting = false;
let sumsWait: ReturnType<typeof setTimeout> | undefined;
/** Deals that a person is moving right now: what others change of them is shown when they let go. */
export const held = new Set<string>();

export function followDeals(): () => void {
  return onEvent(
    ({ opportunity_id }) => {
      if (opportunity_id !== null) noteChange(opportunity_id);
    },
    () => void loadPipelines(),
  );
}

function noteChange(id: string): void {
  changed.add(id);
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    void catchUp();
  }, TOGETHER_MS);
}

async function catchUp(): Promise<void> {
  const { reading, ended } = presentReads();
  // A column that was asked for before the change would put the former deal in the place of the new one.
  await reading;
  const all = [...changed].filter((id) => !held.has(id));
  const ids = all.length > FLOOD ? all : all.slice(0, MOST_AT_ONCE);
  for (const id of ids) changed.delete(id);
  if (ids.length > FLOOD) readColumnsAgain();
  else if (ids.length > 0 && !(await lookUp(ids, ended))) return;
  refreshSums();
  if ([...changed].some((id) => !held.has(id))) void catchUp();
}

/** Answers whether the deals are in their places. */
async function lookUp(ids: readonly string[], ended: AbortSignal): Promise<boolean> {
  const { id } = pipeline.value ?? {};
  const filter = { ...currentFilter(), ...(id !== undefined && { pipeline_id: id }), 'id[in]': ids.join(',') };
  const { data } = await get<Page<Card>>(
    '/api/crm/opportunity',
    { ...filter, fields: CARD_FIELDS, limit: MOST_AT_ONCE, include_total: false },
    ended,
  ).catch(() => ({ data: undefined }));
  if (ended.aborted) return false;
  if (data === undefined) {
    for (const each of ids) changed.add(each);
    return false;
  }
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
  if (changed.has(id)) void catchUp();
}
