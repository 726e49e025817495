import * as fc from 'fast-check';
import type { TestDatabase } from './database.js';
import { Duck } from './duck.js';
import { storeRows } from './list-model.js';
import type { MadePipeline } from './pipelines.js';

/* Deals that have gone through stages, as they are stored, and as another engine has them. */

export const JOURNEY_STAGES = [
  { key: 'A', type: 'open', probability: 10 },
  { key: 'B', type: 'open', probability: 50, rotting_days: 100 },
  { key: 'C', type: 'open', probability: 70, rotting_days: 0 },
  { key: 'Won', type: 'won' },
  { key: 'Lost', type: 'lost' },
];

/** What a deal was like from `began` until `left`, in milliseconds; the present state has no end. */
interface State {
  status: string;
  stage: string;
  currency: string | null;
  amount: number;
  rate: number;
  probability: number;
  began: number;
  left: number | null;
  entered: number;
}

type Look = Pick<State, 'status' | 'stage' | 'currency' | 'amount' | 'probability'>;

const OPEN = ['Open', 'Replied', 'Quotation'];
const START = Date.parse('2025-01-01T00:00:00.000Z');
const DAY_MS = 86_400_000;

const look: fc.Arbitrary<Look> = fc.record({
  status: fc.constantFrom('Open', 'Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed'),
  stage: fc.constantFrom('A', 'A', 'B', 'B', 'C', 'Won', 'Lost', 'Elsewhere', 'elsewhere'),
  currency: fc.constantFrom('EUR', 'USD', null),
  amount: fc.integer({ min: 0, max: 9_999_999 }).map((n) => n / 100),
  probability: fc.constantFrom(0, 10, 33.333333333, 100),
});

const journey: fc.Arbitrary<State[]> = fc
  .record({
    rate: fc.constantFrom(1, 0.92, 0.0061),
    looks: fc.array(look, { minLength: 1, maxLength: 6 }),
    gaps: fc.array(fc.integer({ min: 1, max: 40 * DAY_MS }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ rate, looks, gaps }) => {
    const states: State[] = [];
    for (const [at, each] of looks.entries()) {
      const before = states.at(-1);
      const began = (before?.began ?? START) + (gaps[at] ?? 1);
      const isReopened = before !== undefined && !OPEN.includes(before.status) && OPEN.includes(each.status);
      const stays = before?.stage === each.stage && !isReopened;
      if (before !== undefined) before.left = began;
      states.push({ ...each, rate, began, left: null, entered: stays ? before.entered : began });
    }
    return states;
  });

const idOf = (deal: number): string => `opportunity_${String(deal).padStart(26, '0')}`;
const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Makes deals with a history in a workspace with a pipeline of `JOURNEY_STAGES`; answers another engine that knows them. */
export async function storeJourneys(
  database: TestDatabase,
  workspace: string,
  { id: pipeline_id, stages }: MadePipeline,
  count: number,
): Promise<Duck> {
  const deals = fc.sample(journey, count);
  const shared = (state: State): Record<string, string | number | null> => ({
    ...{ status: state.status, currency: state.currency, opportunity_amount: state.amount },
    ...{ probability: state.probability, sales_stage: state.stage, pipeline_id, stage_id: stages[state.stage] ?? null },
    stage_entered_at: time(state.entered),
  });
  const present = deals.map((states, deal) => {
    const last = states.at(-1) as State;
    const reached = states.findLast(({ status }, at) => status !== states[at - 1]?.status);
    const at = (status: string): string | null => (last.status === status ? time(reached?.began ?? 0) : null);
    return {
      ...shared(last),
      ...{
        id: idOf(deal),
        conversion_rate: last.rate,
        probability_source: 'manual',
        total: 0,
        base_total: 0,
        version: 1,
      },
      ...{ created_at: time(states[0]?.began ?? 0), updated_at: time(last.began) },
      ...{ won_at: at('Converted'), lost_at: at('Lost'), closed_at: at('Closed') },
    };
  });
  await storeRows(database, present, workspace);
  const former = deals.flatMap((states, deal) =>
    states
      .slice(0, -1)
      .map((state) => ({ ...shared(state), rate: state.rate, deal: idOf(deal), left_at: time(state.left ?? 0) })),
  );
  await database.query(
    `insert into opportunity_state (workspace_id, opportunity_id, left_at, status, pipeline_id, stage_id, sales_stage,
        stage_entered_at, currency, opportunity_amount, base_opportunity_amount, probability)
      select w.id, s.deal, s.left_at, s.status, s.pipeline_id, s.stage_id, s.sales_stage, s.stage_entered_at, s.currency,
        s.opportunity_amount, round(s.opportunity_amount * s.rate, 9), s.probability
      from workspace w, jsonb_to_recordset($1) s (deal text, left_at timestamptz, status text, pipeline_id text, stage_id text,
        sales_stage text, stage_entered_at timestamptz, currency text, opportunity_amount numeric, rate numeric, probability numeric)
      where w.name = $2`,
    [JSON.stringify(former), workspace],
  );
  return Duck.of({
    states: {
      columns: {
        ...{ deal: 'varchar', status: 'varchar', stage: 'varchar', currency: 'varchar', amount: 'decimal(18,9)' },
        ...{ rate: 'decimal(9,4)', probability: 'decimal(18,9)', began: 'bigint', left: 'bigint', entered: 'bigint' },
      },
      rows: deals.flatMap((states, deal) => states.map((state) => ({ ...state, deal: idOf(deal) }))),
    },
    stages: {
      columns: { key: 'varchar', idx: 'integer', type: 'varchar', rotting_days: 'integer' },
      rows: JOURNEY_STAGES.map(({ key, type, rotting_days }, at) => ({
        key,
        type,
        rotting_days: rotting_days ?? null,
        idx: at + 1,
      })),
    },
  });
}
