import { randomUUID } from 'node:crypto';
import { DealModel, type LineValues } from '../../test/support/deal-model.js';
import { minimal } from '../../test/support/fixtures.js';
import type { Random } from './random.js';

/** A deal of one writer, and what it must be. */
export interface OwnDeal {
  id: string;
  model: DealModel;
  /** The stage that it is in, of the pipeline that ERPNext ships. */
  stage: string;
  /** Acknowledged writes that have made it. */
  writes: number;
}

type Kind = 'create' | 'add' | 'change' | 'remove' | 'reorder' | 'revalue' | 'replace' | 'move' | 'delete';

export interface PlannedWrite {
  kind: Kind;
  deal: OwnDeal;
  /** Of a deal that is created: no other has the same. */
  title: string;
  method: string;
  path: string;
  body?: object;
  /** A key of idempotency, where the operation takes one; some clients do without. */
  key?: string | undefined;
  /** Makes the change in the model; `answered` has the ids of new line items. */
  apply: (model: DealModel, answered: object) => void;
}

type Plan = Pick<PlannedWrite, 'method' | 'path' | 'apply'> & { body?: object };

const FIRST_STAGE = 'Prospecting';
const OPEN_STAGES = [FIRST_STAGE, 'Qualification', 'Value Proposition', 'Negotiation/Review'];
const ENDS = ['Won', 'Lost'];

const MOST_DEALS = 12;
const MOST_LINES = 12;
const KINDS: readonly Kind[] = [
  ...['add', 'add', 'add', 'add', 'change', 'change', 'change', 'remove', 'remove', 'reorder', 'reorder'],
  ...['revalue', 'revalue', 'replace', 'move', 'move', 'move', 'delete'],
] as Kind[];

/** The next write of a client that has these deals. */
export function planWrite(deals: readonly OwnDeal[], random: Random, title: string): PlannedWrite {
  const [deal] = random.shuffled(deals);
  const isFull = deals.length >= MOST_DEALS;
  if (deal === undefined || (!isFull && random.next() < 0.2)) {
    const created: OwnDeal = { id: '', model: new DealModel(), stage: FIRST_STAGE, writes: 0 };
    return { kind: 'create', deal: created, title, key: keyOf('POST', random), ...planCreate(title, random) };
  }
  const kind = kindFor(deal, random.pick(KINDS));
  const plan = PLANS[kind](deal, random);
  return { kind, deal, title, key: keyOf(plan.method, random), ...plan };
}

/** A list without line items gets some, one with many gets no more. */
function kindFor({ model }: OwnDeal, wanted: Kind): Exclude<Kind, 'create'> {
  if (model.lines.length === 0 && ['change', 'remove', 'reorder'].includes(wanted)) return 'add';
  if (model.lines.length >= MOST_LINES && wanted === 'add') return 'remove';
  return wanted === 'create' ? 'add' : wanted;
}

function keyOf(method: string, random: Random): string | undefined {
  return method === 'POST' && random.next() < 0.7 ? randomUUID() : undefined;
}

function planCreate(title: string, random: Random): Plan {
  const entries = Array.from({ length: random.between(1, 5) }, () => values(random));
  return {
    method: 'POST',
    path: '/opportunity',
    body: { ...minimal, title, items: entries.map(numbers) },
    apply: (model, answered) => {
      const { items } = answered as { items: { id: string }[] };
      entries.forEach((entry, index) => model.insert(items[index]?.id ?? 'none', entry));
    },
  };
}

const PLANS: Record<Exclude<Kind, 'create'>, (deal: OwnDeal, random: Random) => Plan> = {
  add: ({ id, model }, random) => {
    const line = values(random);
    const idx = random.next() < 0.5 ? undefined : random.between(1, model.lines.length + 1);
    return {
      method: 'POST',
      path: '/opportunity-item',
      body: { opportunity_id: id, ...numbers(line), idx },
      apply: (changed, answered) => changed.insert((answered as { id: string }).id, line, idx),
    };
  },
  change: ({ model }, random) => {
    const { id } = random.pick(model.lines);
    const line = values(random);
    const idx = random.next() < 0.5 ? undefined : random.between(1, model.lines.length);
    return {
      method: 'PATCH',
      path: `/opportunity-item/${id}`,
      body: { ...numbers(line), idx },
      apply: (changed) => changed.change(id, line, idx),
    };
  },
  remove: ({ model }, random) => {
    const { id } = random.pick(model.lines);
    return { method: 'DELETE', path: `/opportunity-item/${id}`, apply: (changed) => changed.remove(id) };
  },
  reorder: ({ id, model }, random) => {
    const ids = random.shuffled(model.lines.map((line) => line.id));
    return {
      method: 'POST',
      path: '/opportunity-item/reorder',
      body: { parent_id: id, ids },
      apply: (changed) => changed.reorder(ids),
    };
  },
  revalue: ({ id }, random) => {
    const [rate, amount] = [random.between(500_000, 2_000_000) / 1e6, random.between(0, 1e9) / 1000];
    return {
      method: 'PATCH',
      path: `/opportunity/${id}`,
      body: { conversion_rate: rate, opportunity_amount: amount },
      apply: (changed) => changed.revalue(String(rate), String(amount)),
    };
  },
  /** Some line items stay, one of them changed, in another order; a new one comes last. */
  replace: ({ id, model }, random) => {
    const kept = random.shuffled(model.lines).slice(0, random.between(0, model.lines.length));
    const [changed, added] = [values(random), values(random)];
    const entries = kept.map((line, index) => ({ id: line.id, ...(index === 0 && numbers(changed)) }));
    return {
      method: 'PUT',
      path: `/opportunity/${id}/items`,
      body: { items: [...entries, numbers(added)] },
      apply: (deal, answered) => {
        const ids = kept.map((line) => line.id);
        for (const line of deal.lines) if (!ids.includes(line.id)) deal.remove(line.id);
        deal.reorder(ids);
        if (ids[0] !== undefined) deal.change(ids[0], changed);
        deal.insert((answered as { data: { id: string }[] }).data.at(-1)?.id ?? 'none', added);
      },
    };
  },
  /** A deal that is won or lost is moved to an open stage first, which reopens it. */
  move: (deal, random) => {
    const others = [...OPEN_STAGES, ...(ENDS.includes(deal.stage) ? [] : ENDS)].filter((stage) => stage !== deal.stage);
    const stage = random.pick(others);
    const reasons = stage === 'Lost' ? { lost_reasons: [{ lost_reason: 'Price' }] } : {};
    return {
      method: 'POST',
      path: `/opportunity/${deal.id}/move`,
      body: { stage, ...reasons },
      apply: () => {
        deal.stage = stage;
      },
    };
  },
  delete: ({ id }) => ({ method: 'DELETE', path: `/opportunity/${id}`, apply: () => undefined }),
};

/** Decimals that are multiplied to more than nine places, so that rounding shows. */
function values(random: Random): Required<LineValues> {
  return { qty: String(random.between(0, 99_999) / 1000), rate: String(random.between(-1e9, 1e9) / 1e6) };
}

function numbers({ qty, rate }: LineValues): object {
  return { qty: Number(qty), rate: Number(rate) };
}
