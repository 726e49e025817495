import * as fc from 'fast-check';
import { parse } from 'lossless-json';
import type { Client, Json } from './support/client.js';
import type { Duck } from './support/duck.js';
import { JOURNEY_STAGES, storeJourneys } from './support/journeys.js';
import { createPipeline, type MadePipeline } from './support/pipelines.js';
import { plainNumber, quotient } from './support/report-deals.js';
import { startService, type Service } from './support/service.js';

/* The reports of stages over random histories, computed again by another engine. */

const DEALS = 60;
const OPEN = `('Open', 'Replied', 'Quotation')`;
const DAY_MS = 86_400_000;

let service: Service;
let api: Client;
let made: MadePipeline;
let duck: Duck;
beforeAll(async () => {
  service = await startService();
  api = await service.clientWith({ workspace: 'journeys' });
  made = await createPipeline(api, { stages: JOURNEY_STAGES });
  duck = await storeJourneys(service.database, 'journeys', made, DEALS);
});
afterAll(async () => {
  duck.close();
  await service.stop();
});

const exact = async (query: string): Promise<Json> => {
  const { status, text } = await api.get(`/reports/${query}`);
  if (status !== 200) throw new Error(`${query}: ${text}`);
  return parse(text, undefined, plainNumber);
};

/** Moments from before the first deal until after the last change, among them those of changes themselves. */
const moment = fc.oneof(
  fc.date({ min: new Date('2024-12-01'), max: new Date('2025-10-01'), noInvalidDate: true }).map(Number),
  fc.nat(5 * DEALS).map((at) => -at),
);
const timeOf = async (picked: number): Promise<number> => {
  if (picked > 0) return picked;
  const [row] = await duck.query<{ at: string }>(
    `select began as at from states order by began offset ${-picked % DEALS} limit 1`,
  );
  return Number(row?.at);
};

/** What a report says of the deals that `states` finds at a moment, in milliseconds; `isNow` is about the rotten ones. */
async function pipelineAt(at: number, isNow: boolean): Promise<Json[]> {
  const moment = `began <= ${at} and coalesce("left" > ${at}, true)`;
  const rows = await duck.query<Json>(`select stage, count(*) as n, sum(amount * rate) as base,
      sum((amount * rate)::decimal(20,6) * probability::decimal(12,9)) as weighted, sum(${at} - entered) as waited,
      count(*) filter (where type = 'open' and entered + rotting_days * ${DAY_MS}::bigint <= ${at}) as rotten
    from states left join stages on key = stage where status in ${OPEN} and ${moment} group by stage`);
  const money = await duck.query<Json>(`select stage, currency, count(*) as count, sum(amount) as sum from states
    where status in ${OPEN} and ${moment} group by stage, currency order by currency nulls last`);
  const shown = JOURNEY_STAGES.filter(({ key, type }) => type === 'open' || rows.some(({ stage }) => stage === key));
  const texts = rows.map(({ stage }) => stage as string).filter((stage) => !(stage in made.stages));
  const { compare } = new Intl.Collator('en');
  return [...shown.map(({ key }) => key), ...texts.sort(compare)].map((stage) => {
    const found = rows.find((row) => row.stage === stage);
    const by_currency = money
      .filter((row) => row.stage === stage)
      .map(({ currency, count, sum }) => ({ currency, count: String(count), sum: quotient(sum) }));
    const isStage = stage in made.stages;
    return {
      ...{ pipeline_id: isStage ? made.id : null, stage_id: made.stages[stage] ?? null, key: stage, label: stage },
      ...{
        count: String(found?.n ?? 0),
        base: quotient(found?.base ?? '0'),
        weighted: quotient(found?.weighted ?? '0', 100),
      },
      average_days: found === undefined ? null : quotient(String(found.waited), DAY_MS * Number(found.n)),
      rotten: isNow ? String(found?.rotten ?? 0) : null,
      by_currency,
    };
  });
}

const withoutFilter = (rows: Json[]): Json[] => rows.map(({ filter: _filter, ...row }) => row);
const sumOf = (rows: Json[], name: string): string => quotient(['0', ...rows.map((row) => row[name] as string)]);

it('the pipeline is that of another engine, now and at any moment, and its rows add up', async () => {
  const now = await exact('pipeline');
  expect(withoutFilter(now.data)).toEqual(await pipelineAt(Date.parse(now.as_of), true));
  for (const { filter, count } of now.data as Json[])
    expect([filter, String((await api.get(`/opportunity?${filter}&limit=1`)).body.total)]).toEqual([filter, count]);
  await fc.assert(
    fc.asyncProperty(moment, async (picked) => {
      const at = await timeOf(picked);
      const { data, totals } = await exact(`pipeline?at=${new Date(at).toISOString()}`);
      expect(withoutFilter(data)).toEqual(await pipelineAt(at, false));
      for (const name of ['count', 'base']) expect(totals[name]).toBe(sumOf(data, name));
    }),
    { numRuns: 15 },
  );
}, 60_000);

it('the funnel is that of another engine, in any window', async () => {
  await fc.assert(
    fc.asyncProperty(fc.option(moment), fc.option(moment), async (first, second) => {
      const bounds = await Promise.all([first, second].map(async (each) => (each === null ? null : timeOf(each))));
      const [from, to] = bounds.every((each) => each !== null) ? bounds.toSorted((a, b) => a - b) : bounds;
      const window = [from == null ? '' : ` and entered >= ${from}`, to == null ? '' : ` and entered < ${to}`].join('');
      const rows = await duck.query<Json>(`with periods as (
          select distinct deal, stage, idx, type, entered from states join stages on key = stage where status in ${OPEN}),
        entries as (select deal, stage, idx, min(entered) as began from periods
          where type = 'open' ${window} group by all)
        select stage, count(*) as entered, count(*) filter (where
          exists (select 1 from periods p where p.deal = e.deal and p.entered > e.began and p.idx > e.idx and p.type <> 'lost')
          or exists (select 1 from states w where w.deal = e.deal and w.status = 'Converted' and w.began > e.began)) as advanced
        from entries e group by stage`);
      const expected = JOURNEY_STAGES.filter(({ type }) => type === 'open').map(({ key }) => {
        const { entered, advanced } = rows.find(({ stage }) => stage === key) ?? { entered: 0, advanced: 0 };
        const rate = Number(entered) === 0 ? null : quotient(String(advanced), entered as string);
        const stage = { pipeline_id: made.id, stage_id: made.stages[key], key, label: key };
        return { ...stage, entered: String(entered), advanced: String(advanced), rate };
      });
      const time = (name: string, at: number | null | undefined): string =>
        at == null ? '' : `&${name}=${new Date(at).toISOString()}`;
      const { data, totals } = await exact(`funnel?timezone=UTC${time('from', from)}${time('to', to)}`);
      expect([data, totals]).toEqual([expected, {}]);
    }),
    { numRuns: 20 },
  );
}, 60_000);
