import { setTimeout as delay } from 'node:timers/promises';

/** Does work in the background again and again, once at a time. Work that fails is done anew at the next turn. */
export class Ticker {
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private isStopped = false;
  private lastFailure: string | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
    /** Hears why work failed: once for equal failures in a row, and never about work that is being stopped. */
    private readonly failed: (error: unknown) => void = () => undefined,
  ) {}

  start(): void {
    if (!this.isStopped) this.timer = setInterval(() => void this.now(), this.everyMs).unref();
  }

  stop(): void {
    this.isStopped = true;
    clearInterval(this.timer);
  }

  /** Does the work now, unless it is under way. Does not throw. */
  async now(): Promise<void> {
    if (this.turn !== undefined) return;
    this.turn = this.takeTurn().finally(() => (this.turn = undefined));
    await this.turn;
  }

  /** Resolves when the work that is under way has ended. */
  async ended(): Promise<void> {
    await this.turn;
  }

  private async takeTurn(): Promise<void> {
    try {
      await this.work();
      this.lastFailure = undefined;
    } catch (error) {
      const isNews = String(error) !== this.lastFailure;
      this.lastFailure = String(error);
      if (isNews && !this.isStopped) this.failed(error);
    }
  }
}

/**
 * Does work of a key as soon as it is asked for, once at a time and not more often than every so many milliseconds: what is
 * asked for meanwhile is done once, afterwards. Work that takes long rests for longer: `rest` times as long as it took, so
 * that it makes way on a busy machine. The work does not throw.
 */
export class Pace {
  private readonly busy = new Map<string, { again: boolean }>();

  constructor(
    private readonly everyMs: number,
    private readonly work: (key: string) => Promise<void>,
    private readonly rest = 0,
  ) {}

  ask(key: string): void {
    const run = this.busy.get(key);
    if (run === undefined) void this.run(key);
    else run.again = true;
  }

  private async run(key: string): Promise<void> {
    const run = { again: false };
    this.busy.set(key, run);
    const since = performance.now();
    await this.work(key);
    const tookMs = performance.now() - since;
    await delay(Math.max(this.everyMs - tookMs, this.rest * tookMs), undefined, { ref: false });
    this.busy.delete(key);
    if (run.again) this.ask(key);
  }
}

/** Waits for the end of work, and no longer than some milliseconds. */
export async function endWithin(milliseconds: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, delay(Math.max(0, milliseconds), undefined, { ref: false })]);
}

/** The outcome of work; throws if it takes longer than some milliseconds. The work itself goes on. */
export async function outcomeWithin<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = async (): Promise<never> => {
    await delay(milliseconds, undefined, { ref: false, signal: over.signal });
    throw new Error(`It took longer than ${milliseconds / 1000} seconds.`);
  };
  try {
    // The work first: if it throws at once, nothing waits for it.
    return await Promise.race([work(), late()]);
  } finally {
    over.abort();
  }
}
