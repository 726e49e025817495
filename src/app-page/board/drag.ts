/*
 * Dragging by pointer events: they are the same for mouse, pen and touch, and the browser's own drag and drop does not
 * exist on most touch screens.
 */

export interface Dragging {
  /** Called when the card leaves its place. */
  start: () => void;
  /** The column under the pointer; undefined outside of all. */
  over: (column: string | undefined) => void;
  drop: (column: string) => void;
  /** Let go outside of a column, or given up with Escape. */
  cancel: () => void;
}

const FAR_ENOUGH = 6;
/** A finger that moves at once wants to scroll; one that rests wants to drag. */
const REST_MS = 300;
const EDGE = 56;
const SCROLL_STEP = 14;

/** Begins to watch a pointer that was pressed on a card. */
export function watchPointer(down: PointerEvent, card: HTMLElement, dragging: Dragging): void {
  if (down.button !== 0 || (down.target as Element).closest('button, input, [popover]')) return;
  const isTouch = down.pointerType === 'touch';
  let drag: Drag | undefined;
  const begin = (event: PointerEvent): void => {
    drag = new Drag(event, card, dragging);
  };
  const rest = isTouch ? setTimeout(() => begin(down), REST_MS) : undefined;
  const follow = (event: PointerEvent): void => {
    if (event.pointerId !== down.pointerId) return;
    const isFar = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > FAR_ENOUGH;
    if (drag === undefined && isFar && isTouch) stop();
    else if (drag === undefined && isFar) begin(event);
    drag?.move(event.clientX, event.clientY);
  };
  const stop = (): void => {
    clearTimeout(rest);
    for (const name of ['pointerup', 'pointercancel'] as const) removeEventListener(name, end);
    removeEventListener('pointermove', follow);
    removeEventListener('keydown', giveUp, true);
    removeEventListener('touchmove', holdStill);
  };
  const end = (event: PointerEvent): void => {
    if (event.pointerId !== down.pointerId) return;
    stop();
    if (drag === undefined) return;
    swallowClick();
    if (event.type === 'pointerup') drag.drop();
    else drag.cancel();
  };
  const giveUp = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || drag === undefined) return;
    event.stopPropagation();
    stop();
    drag.cancel();
    addEventListener('pointerup', swallowClick, { once: true });
  };
  // While a card is dragged by touch, the page under it does not scroll.
  const holdStill = (event: TouchEvent): void => {
    if (drag !== undefined && event.cancelable) event.preventDefault();
  };
  addEventListener('pointermove', follow);
  addEventListener('pointerup', end);
  addEventListener('pointercancel', end);
  addEventListener('keydown', giveUp, true);
  addEventListener('touchmove', holdStill, { passive: false });
}

/** The click that follows a drop is none. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }));
}

class Drag {
  private readonly ghost: HTMLElement;
  private readonly offset: { x: number; y: number };
  private readonly board: HTMLElement | null;
  private column: string | undefined;
  private place: { x: number; y: number };
  private frame: number;

  constructor(
    event: PointerEvent,
    private readonly card: HTMLElement,
    private readonly dragging: Dragging,
  ) {
    const { left, top, width } = card.getBoundingClientRect();
    this.offset = { x: event.clientX - left, y: event.clientY - top };
    this.place = { x: event.clientX, y: event.clientY };
    this.board = card.closest<HTMLElement>('.board');
    this.ghost = card.cloneNode(true) as HTMLElement;
    this.ghost.classList.add('ghost');
    this.ghost.inert = true;
    this.ghost.style.width = `${width}px`;
    document.body.append(this.ghost);
    card.classList.add('is-dragged');
    document.documentElement.classList.add('is-dragging');
    dragging.start();
    this.frame = requestAnimationFrame(() => this.scroll());
    this.move(event.clientX, event.clientY);
  }

  move(x: number, y: number): void {
    this.place = { x, y };
    this.ghost.style.transform = `translate(${x - this.offset.x}px, ${y - this.offset.y}px)`;
    const column = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-column]')?.dataset['column'];
    if (column === this.column) return;
    this.column = column;
    this.dragging.over(column);
  }

  drop(): void {
    this.end();
    if (this.column === undefined) this.dragging.cancel();
    else this.dragging.drop(this.column);
  }

  cancel(): void {
    this.end();
    this.dragging.cancel();
  }

  private end(): void {
    cancelAnimationFrame(this.frame);
    this.ghost.remove();
    this.card.classList.remove('is-dragged');
    document.documentElement.classList.remove('is-dragging');
    this.dragging.over(undefined);
  }

  /** Near an edge, the board moves on beneath the card. */
  private scroll(): void {
    const { x, y } = this.place;
    const box = this.board?.getBoundingClientRect();
    if (box && x < box.left + EDGE) this.board?.scrollBy(-SCROLL_STEP, 0);
    if (box && x > box.right - EDGE) this.board?.scrollBy(SCROLL_STEP, 0);
    this.move(x, y);
    this.frame = requestAnimationFrame(() => this.scroll());
  }
}
