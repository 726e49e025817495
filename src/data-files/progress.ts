const BAR_WIDTH = 30;
/** How often a terminal is drawn anew. */
const FRAME_MS = 100;
/** Where there is no terminal, a step has at most so many lines. */
const LINES_A_STEP = 10;

/** Where progress goes: stderr, or what a test has in its place. */
export interface ProgressTarget {
  isTTY?: boolean;
  write: (text: string) => unknown;
}

/** Tells how far the steps of a command are: a bar on a terminal, plain lines elsewhere. */
export class Progress {
  private step = '';
  private lastTenth = -1;
  private drawnAt = 0;

  constructor(private readonly target: ProgressTarget | undefined) {}

  /** `done` runs from 0 to 1, and is undefined where nobody knows how much there is. */
  show(step: string, done: number | undefined, detail = ''): void {
    const isNew = step !== this.step;
    this.step = step;
    if (this.target?.isTTY === true) this.draw(done, detail, isNew);
    else this.tell(done, detail, isNew);
  }

  /** Leaves the terminal to other lines. */
  clear(): void {
    if (this.target?.isTTY === true && this.step !== '') this.target.write('\r\u001b[K');
    this.step = '';
  }

  private draw(done: number | undefined, detail: string, isNew: boolean): void {
    const now = performance.now();
    if (!isNew && done !== 1 && now - this.drawnAt < FRAME_MS) return;
    this.drawnAt = now;
    const parts = done === undefined ? [this.step, detail] : [this.step, barOf(done), percentOf(done), detail];
    this.target?.write(`\r\u001b[K${parts.filter(Boolean).join(' ')}`);
  }

  private tell(done: number | undefined, detail: string, isNew: boolean): void {
    if (isNew) this.lastTenth = -1;
    const tenth = Math.floor((done ?? 0) * LINES_A_STEP);
    if (tenth <= this.lastTenth) return;
    this.lastTenth = tenth;
    const parts = done === undefined ? [this.step, detail] : [this.step, percentOf(done), detail];
    this.target?.write(`${parts.filter(Boolean).join(' ')}\n`);
  }
}

function barOf(done: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, done)) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

function percentOf(done: number): string {
  return `${Math.floor(done * 100)} %`;
}
