import autocannon from 'autocannon';
import { createHistogram } from 'node:perf_hooks';
import { cpuTime } from './cpu.js';
import type { Target } from './target.js';

/** One request of a scenario. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: string;
  /** Of another workspace than the others; all of them. */
  headers?: Record<string, string>;
}

/** What one turn of load took. */
export interface Turn {
  requests: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU time in µs a request, of the server's process and of PostgreSQL; null where it cannot be told. */
  cpuUs: number | null;
  postgresCpuUs: number | null;
  /** What went wrong, one line each. */
  errors: string[];
}

/** Drives a target from this process, so that the driver's CPU time is not the target's. */
export async function drive(
  target: Target,
  postmaster: number,
  next: () => Call,
  connections: number,
  seconds: number,
): Promise<Turn> {
  const latencies = createHistogram();
  const statuses = new Map<number, number>();
  const cpu = meter(target.pid);
  const postgresCpu = meter(postmaster);
  const headers = { ...target.headers, 'content-type': 'application/json' };
  const plain = { body: undefined, headers };
  const since = performance.now();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: target.url,
        connections,
        duration: seconds,
        sampleInt: 100,
        headers,
        requests: [{ setupRequest: (request) => Object.assign(request, plain, next()) }],
      },
      (error: Error | null, outcome) => {
        if (error) reject(error);
        else resolve(outcome);
      },
    );
    instance.on('response', (_client, status, _bytes, ms) => {
      latencies.record(Math.max(1, Math.round(ms * 1000)));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
  });
  const elapsed = (performance.now() - since) / 1000;
  const requests = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  return {
    requests,
    perSecond: requests / elapsed,
    p50Ms: latencies.percentile(50) / 1000,
    p99Ms: latencies.percentile(99) / 1000,
    cpuUs: cpu(requests),
    postgresCpuUs: postgresCpu(requests),
    errors: errorsOf(target, result, statuses, connections),
  };
}

/** Answers CPU time a request, since it was made. */
function meter(pid: number): (requests: number) => number | null {
  const before = pid === 0 ? null : cpuTime(pid);
  return (requests) => {
    const after = pid === 0 ? null : cpuTime(pid);
    return before === null || after === null || requests === 0 ? null : (after - before) / requests;
  };
}

function errorsOf(
  { name }: Target,
  result: autocannon.Result,
  statuses: ReadonlyMap<number, number>,
  connections: number,
): string[] {
  const failed = [...statuses].filter(([status]) => status < 200 || status > 299);
  const errors = failed.map(([status, count]) => `${name}: ${count} answers with status ${status}`);
  if (result.errors > 0) errors.push(`${name}: ${result.errors} socket errors, ${result.timeouts} of them timeouts`);
  // A connection that the server closes is opened again without being counted as an error; its request stays unanswered.
  const unanswered = result.requests.sent - result.requests.total - connections;
  if (unanswered > 0) errors.push(`${name}: ${unanswered} requests without an answer`);
  if (result.requests.total === 0) errors.push(`${name}: no answer at all`);
  return errors;
}
