import { setTimeout as delay } from 'node:timers/promises';

/** Long work, one piece after the other, each followed by as long a rest in which all else gets its turn. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as the work does. */
  run<T>(work: () => T): Promise<T> {
    let took = 0;
    const done = this.last.then(() => {
      const since = performance.now();
      try {
        return work();
      } finally {
        took = performance.now() - since;
      }
    });
    const rest = (): Promise<void> => delay(took);
    this.last = done.then(rest, rest);
    return done;
  }
}
