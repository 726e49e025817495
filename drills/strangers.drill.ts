import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { BusyClients } from './support/busy-clients.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { percentile } from './support/loopback-load.js';

const CLIENTS = 4;
const LEAST_SHARE = 0.7;
/** Short, and many: what else the machine does meanwhile falls on both sides of the comparison. */
const ROUND_S = 0.5;

interface Crowd {
  connections: number;
  key: 'none' | 'made-up';
}

export const drill: Drill = {
  promise: `Clients keep ${LEAST_SHARE * 100} % of their rate while strangers without a key send bodies of 1 MiB as fast as they can`,
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start();
    const service = await DrillService.start({ DATABASE_URL: postgres.url, RATE_LIMIT_REQUESTS: '0' });
    const clients = new BusyClients(service.origin, service.key, CLIENTS);
    try {
      await clients.begin();
      return await besideStrangers(clients, new URL(service.origin).port, options);
    } finally {
      clients.close();
      await service.stop();
      await postgres.stop();
    }
  },
};

async function besideStrangers(clients: BusyClients, port: string, { full, log }: DrillOptions): Promise<Outcome> {
  const sizes = full ? [1, 4, 16] : [1, 16];
  const crowds = sizes.flatMap((connections): Crowd[] => [
    { connections, key: 'none' },
    { connections, key: 'made-up' },
  ]);
  await clients.rate(2);
  const failures: string[] = [];
  let worst = Infinity;
  for (const crowd of crowds) {
    const shares = await beside(crowd, port, clients, full ? 60 : 15);
    const share = percentile(shares, 0.5);
    worst = Math.min(worst, share);
    const line = `${crowd.connections} strangers, key ${crowd.key}: ${percent(share)} of the rate without them`;
    log(`${line}, between ${percent(Math.min(...shares))} and ${percent(Math.max(...shares))}`);
    if (share < LEAST_SHARE) failures.push(line);
  }
  failures.push(...clients.failures);
  const figure = `clients keep at least ${percent(worst)} of their rate beside up to ${Math.max(...sizes)} strangers`;
  return { passed: failures.length === 0, figure, failures };
}

/** The rate of the clients beside strangers, as a share of the rate just before and after; once for each round. */
async function beside(
  { connections, key }: Crowd,
  port: string,
  clients: BusyClients,
  rounds: number,
): Promise<number[]> {
  const program = join(import.meta.dirname, 'support', 'strangers.js');
  const strangers = fork(program, [port, String(connections), key]);
  const ended = once(strangers, 'exit');
  try {
    await once(strangers, 'message');
    const shares: number[] = [];
    strangers.kill('SIGSTOP');
    let before = await clients.rate(ROUND_S);
    for (let round = 0; round < rounds; round++) {
      strangers.kill('SIGCONT');
      const crowded = await clients.rate(ROUND_S);
      strangers.kill('SIGSTOP');
      const after = await clients.rate(ROUND_S);
      shares.push(crowded / ((before + after) / 2));
      before = after;
    }
    return shares;
  } finally {
    strangers.kill('SIGKILL');
    await ended;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
