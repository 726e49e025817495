import { isDeepStrictEqual } from 'node:util';
import { parseKeepingNumbers, readDeal, readLine, showDeal, showLines, toUnits } from '../test/support/deal-model.js';
import type { Client } from '../test/support/client.js';
import { addReason, createOpportunity } from '../test/support/fixtures.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { ChildrenClient } from './support/children-client.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { Random } from './support/random.js';
import { brokenRules } from './support/sums.js';

const CLIENTS = 50;
const REASONS = 12;
const CONVERSION_RATE = '0.917431';

export const drill: Drill = {
  promise: `${CLIENTS} clients that write the children of one opportunity leave order and totals exact, without a deadlock`,
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start();
    try {
      const { clients, failures } = await attacked(postgres, options);
      // Only now that its connections have ended has the server counted all that happened on them.
      const deadlocks = await deadlocksOf(postgres);
      if (deadlocks > 0) failures.push(`${deadlocks} deadlocks`);
      failures.push(...(await brokenRules((text) => postgres.query(text))));
      return { passed: failures.length === 0, figure: figureOf(clients, deadlocks, failures), failures };
    } finally {
      await postgres.stop();
    }
  },
};

interface Attack {
  clients: ChildrenClient[];
  failures: string[];
}

async function attacked(postgres: DrillPostgres, options: DrillOptions): Promise<Attack> {
  const service = await DrillService.start({ DATABASE_URL: postgres.url });
  try {
    return await attack(service, options);
  } finally {
    await service.stop();
  }
}

async function attack(service: DrillService, { full, seed }: DrillOptions): Promise<Attack> {
  const api = service.client();
  const { id } = await createOpportunity(api, { conversion_rate: Number(CONVERSION_RATE) });
  const reasonIds: string[] = [];
  for (let reason = 1; reason <= REASONS; reason++)
    reasonIds.push((await addReason(api, id as string, `Reason ${reason}`)).id as string);
  const clients = Array.from(
    { length: CLIENTS },
    (_client, index) => new ChildrenClient(service.client(), id as string, reasonIds, new Random(seed + index)),
  );
  await Promise.all(clients.map((client) => client.write(full ? 200 : 20)));
  const failures = clients.flatMap((client) => client.failures);
  return { clients, failures: [...failures, ...(await differences(api, id as string, clients))] };
}

function figureOf(clients: readonly ChildrenClient[], deadlocks: number, failures: readonly string[]): string {
  const sum = (count: (client: ChildrenClient) => number): number =>
    clients.reduce((total, client) => total + count(client), 0);
  return (
    `${failures.length} failures and ${deadlocks} deadlocks in ${sum(({ writes }) => writes)} writes by ${clients.length} clients; ` +
    `${sum(({ own }) => own.length)} line items in exact order with exact totals; ` +
    `${sum(({ outdated }) => outdated)} reorders refused for a list that had changed, ${sum(({ refused }) => refused)} requests repeated after a 503`
  );
}

/** What the opportunity shows against what every client knows of its own line items. */
async function differences(api: Client, id: string, clients: readonly ChildrenClient[]): Promise<string[]> {
  const own = new Map(clients.flatMap((client) => client.own.map((child) => [child.id, child])));
  const list = await api.get(`/opportunity-item?parent_id=${id}`);
  const shown = (parseKeepingNumbers(list.text) as { data: Record<string, string>[] }).data.map(readLine);
  const missing = [...own.keys()].filter((child) => !shown.some((line) => line.id === child));
  const foreign = shown.filter((line) => !own.has(line.id));
  const rate = toUnits(CONVERSION_RATE);
  const expected = showLines(
    shown.map((line) => own.get(line.id) ?? line),
    rate,
  );
  const deal = readDeal(parseKeepingNumbers((await api.get(`/opportunity/${id}`)).text) as Record<string, string>);
  return [
    ...missing.map((child) => `${child} was acknowledged and is not there`),
    ...foreign.map((line) => `${line.id} is there and was not acknowledged, or was deleted`),
    ...(isDeepStrictEqual(shown, expected) ? [] : ['order or amounts of the line items are not exact']),
    ...(isDeepStrictEqual(deal, showDeal(expected, rate, 0n)) ? [] : ['the totals are not exact']),
  ];
}

async function deadlocksOf(postgres: DrillPostgres): Promise<number> {
  const [row] = await postgres.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return row?.deadlocks ?? -1;
}
