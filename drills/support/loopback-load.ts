import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** One answer of the service, or none: 0 where the connection failed. */
export interface Sample {
  at: number;
  status: number;
  ms: number;
  what: string;
}

interface Call {
  method: string;
  path: string;
  body?: string;
}

const DEAL = JSON.stringify({
  opportunity_from: 'Lead',
  party_name: 'Drill',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
});

/** What a good client does: lists, looks for one that is not there, creates, creates safely. */
const CALLS: Call[] = [
  { method: 'GET', path: '/api/crm/opportunity?limit=5' },
  { method: 'GET', path: '/api/crm/opportunity/opportunity_abc123' },
  { method: 'POST', path: '/api/crm/opportunity', body: DEAL },
];

/** Sends the requests of good clients at a steady rate, whether or not the earlier ones have been answered. */
export class LoopbackLoad {
  readonly samples: Sample[] = [];
  private readonly pending = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private sent = 0;

  constructor(
    private readonly origin: string,
    private readonly key: string,
    perSecond: number,
  ) {
    this.timer = setInterval(() => {
      this.send();
    }, 1000 / perSecond);
  }

  /** Stops sending, and resolves when everything is answered. */
  async stop(): Promise<Sample[]> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    return this.samples;
  }

  /** Resolves with the milliseconds until the service has answered each kind of request well. */
  async servedAgain(withinMs: number): Promise<number> {
    const since = performance.now();
    while (performance.now() - since < withinMs) {
      const samples = await Promise.all(CALLS.map((call) => this.call(call)));
      if (samples.every(({ status }) => isGood(status))) return Math.round(performance.now() - since);
      await delay(20);
    }
    return Infinity;
  }

  private send(): void {
    const call = CALLS[this.sent % CALLS.length];
    this.sent += 1;
    if (call === undefined) return;
    const pending = this.call(call).then((sample) => {
      this.samples.push(sample);
      this.pending.delete(pending);
    });
    this.pending.add(pending);
  }

  private async call({ method, path, body }: Call): Promise<Sample> {
    const at = performance.now();
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    };
    const status = await fetch(this.origin + path, { method, headers, ...(body !== undefined && { body }) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => 0,
    );
    return { at, status, ms: performance.now() - at, what: `${method} ${path}` };
  }
}

/** An answer that is no failure of the service: a 404 is asked for. */
export function isGood(status: number): boolean {
  return (status >= 200 && status < 300) || status === 404;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
