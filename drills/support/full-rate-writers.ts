import { setTimeout as delay } from 'node:timers/promises';
import { minimal } from '../../test/support/fixtures.js';

const DEAL = JSON.stringify({ ...minimal, items: [{ rate: 19.99, qty: 3 }, { rate: 0.05 }] });

/** Clients that create deals with items as fast as they are answered. */
export class FullRateWriters {
  written = 0;
  private isStopped = false;
  private readonly writing: Promise<unknown>;

  constructor(
    private readonly api: string,
    private readonly key: string,
    count: number,
  ) {
    this.writing = Promise.all(Array.from({ length: count }, () => this.write()));
    // Told at the end, by stop.
    this.writing.catch(() => undefined);
  }

  /** Answers how many deals were written; throws what one of them was refused with. */
  async stop(): Promise<number> {
    this.isStopped = true;
    await this.writing;
    return this.written;
  }

  /** Resolves when so many have been written. */
  async have(written: number): Promise<void> {
    while (this.written < written) await Promise.race([this.writing, delay(100)]);
  }

  private async write(): Promise<void> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' };
    for (; !this.isStopped; this.written++) {
      const response = await fetch(this.api, { method: 'POST', headers, body: DEAL });
      await response.arrayBuffer();
      if (response.status !== 201) throw new Error(`A create during the dump answered ${response.status}.`);
    }
  }
}
