import { DealWriter } from './deal-writer.js';
import type { DrillService } from './drill-service.js';
import { Random } from './random.js';

/** Clients that write deals, each its own, to a service that is killed under them. */
export class DealWriters {
  readonly all: readonly DealWriter[];

  constructor(
    private readonly service: DrillService,
    count: number,
    seed: number,
  ) {
    this.all = Array.from(
      { length: count },
      (_none, index) => new DealWriter(`writer ${index}`, service.client(), new Random(seed + index + 1)),
    );
  }

  get failures(): string[] {
    return this.all.flatMap((writer) => writer.failures);
  }

  get acknowledged(): number {
    return this.sum((writer) => writer.acknowledged);
  }

  sum(count: (writer: DealWriter) => number): number {
    return this.all.reduce((total, writer) => total + count(writer), 0);
  }

  /** All write until `kill` has ended the service. Once it runs again, each finds out what became of its last request. */
  async writeUntil(kill: () => Promise<unknown>, whenLaunched?: () => Promise<void>): Promise<void> {
    const writing = this.all.map((writer) => writer.write());
    await kill();
    await Promise.all(writing);
    await this.service.launch();
    await whenLaunched?.();
    await Promise.all(this.all.map((writer) => writer.settle()));
  }
}
