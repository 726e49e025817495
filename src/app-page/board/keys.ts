import { signal } from '@preact/signals';
import { canWrite } from '../session.js';
import { contents, shownColumns, type Card } from './board.js';
import type { Column } from './columns.js';

/* The board by keyboard: arrows go from card to card, with Shift they move the deal, M opens the menu. */

/** The column that a card is dragged over. */
export const overColumn = signal<string | undefined>(undefined);
/** The card that the Tab key stops at, for each column. */
export const stops = signal<Record<string, string>>({});

export function onCardKey(event: KeyboardEvent, card: Card, column: Column, moveTo: (to: Column) => void): void {
  if ((event.target as Element).closest('[popover]')) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    const to = neighbour(column, step, event.shiftKey);
    if (to === undefined) return;
    if (event.shiftKey && canWrite.value) moveTo(to);
    else if (!event.shiftKey) focusIn(to, (contents.value[column.id]?.cards ?? []).indexOf(card));
    return;
  }
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by !== undefined) {
    event.preventDefault();
    const cards = contents.value[column.id]?.cards ?? [];
    const at = cards.findIndex(({ id }) => id === card.id);
    focusIn(column, Math.min(Math.max(at + by, 0), cards.length - 1));
  }
  if (event.key === 'm' && !event.ctrlKey && !event.metaKey)
    (event.currentTarget as Element).querySelector<HTMLElement>('[data-menu]')?.click();
}

/** The next column in a direction: one that takes deals, or one that has some. */
function neighbour(column: Column, step: number, isMove: boolean): Column | undefined {
  const all = shownColumns.value;
  for (let at = all.indexOf(column) + step; at >= 0 && at < all.length; at += step) {
    const each = all[at];
    if (each && (isMove ? each.takesDeals : (contents.value[each.id]?.cards.length ?? 0) > 0)) return each;
  }
  return undefined;
}

function focusIn(column: Column, at: number): void {
  const { cards = [] } = contents.value[column.id] ?? {};
  const card = cards[Math.min(Math.max(at, 0), cards.length - 1)];
  if (card === undefined) return;
  stops.value = { ...stops.value, [column.id]: card.id };
  focusCard(card.id);
}

/** The deal that moved last. */
let followed: string | undefined;

/** Keeps the focus on a deal that moves to another column, where it is another element, unless another one moves after it. */
export function focusAfter(id: string): void {
  const until = performance.now() + 3000;
  followed = id;
  const look = (): void => {
    if (followed !== id) return;
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (isLost && document.querySelector('dialog[open]') === null) focusCard(id);
    if (performance.now() < until) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

export function focusCard(id: string): void {
  document.querySelector<HTMLElement>(`[data-deal="${id}"] .card-title`)?.focus();
}
