import type { Database } from './database.js';
import type { Call } from './drive.js';
import type { Material } from './material.js';
import { returnToFirstStage } from './staged-deals.js';

const DEALS = '/api/crm/opportunity';
const ITEMS = '/api/crm/opportunity-item';

export interface Scenario {
  name: string;
  /** Most connections at which it is measured: what reads every deal keeps both cores busy with a few. */
  mostConnections?: number;
  /** The n-th request. */
  call: (n: number, material: Material) => Call;
  /** Paths at which the effect of a write can be read, given the answer to it. */
  effects?: (answer: { id?: string; opportunity_id?: string; data?: { opportunity_id: string }[] }) => string[];
  /** Puts the data back as loaded, after a write. */
  tidy?: (database: Database) => Promise<void>;
}

const get = (path: string): Call => ({ method: 'GET', path });
const post = (path: string, body: object): Call => ({ method: 'POST', path, body: JSON.stringify(body) });

/** Answers an entry of a list that is walked round and round. */
function nth<T>(list: readonly T[], n: number): T {
  const entry = list[n % list.length];
  if (entry === undefined) throw new Error('There are too few rows for this scenario; load more with --rows.');
  return entry;
}

/** A deal as a form of a CRM fills it in. */
const NEW_DEAL = {
  opportunity_from: 'Lead',
  party_name: 'Bench Industries',
  customer_name: 'Bench Industries Ltd',
  title: 'Office chairs for the new site',
  opportunity_type: 'Sales',
  status: 'Open',
  expected_closing: '2027-03-31',
  currency: 'EUR',
  opportunity_amount: 12500.5,
  sales_stage: 'Prospecting',
  probability: 40,
  contact_person: 'CONT-0001',
  contact_email: 'robin@example.com',
  company: 'Example Corp',
  transaction_date: '2026-01-15',
  territory: 'North',
  conversion_rate: 1.0825,
  industry: 'Manufacturing',
  city: 'Springfield',
  utm_source: 'newsletter',
};

const newItem = (n: number) => ({
  item_code: `CHAIR-${n % 100}`,
  qty: 1 + (n % 9),
  uom: 'Nos',
  item_name: 'Office chair',
  description: 'Height-adjustable, black.',
  rate: 89.95,
});

const STAGES = ['Prospecting', 'Qualification', 'Proposal', 'Negotiation'];

/** Ids sort by time, so what a run created comes after what it had loaded. */
const REMOVE_CREATED = `delete from opportunity where workspace_id = $1
  and id > (select id from opportunity where workspace_id = $1 order by created_at, id offset $2 - 1 limit 1)`;

const REMOVE_ADDED = `with removed as (
    delete from opportunity_item where workspace_id = $1 and item_code like 'CHAIR-%' returning opportunity_id)
  update opportunity set total = 0, base_total = 0
  where workspace_id = $1 and id in (select opportunity_id from removed)`;

const RESTORE_ORDER = `update opportunity_item t set idx = o.idx from (
    select id, row_number() over (partition by opportunity_id order by id)::int as idx
    from opportunity_item where workspace_id = $1) o
  where t.workspace_id = $1 and t.id = o.id and t.idx <> o.idx`;

async function tidy({ client, workspaceId }: Database, text: string, ...values: unknown[]): Promise<void> {
  await client.query(text, [workspaceId, ...values]);
  await client.query('vacuum (analyze) opportunity, opportunity_item, row_count');
}

const removeCreated = (database: Database): Promise<void> => tidy(database, REMOVE_CREATED, database.rows);

const dealAndItems = (id = ''): string[] => [`${DEALS}/${id}`, `${ITEMS}?parent_id=${id}`];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'retrieve', call: (n, { ids }) => get(`${DEALS}/${nth(ids, n)}`) },
  { name: 'list 20', call: () => get(`${DEALS}?limit=20`) },
  {
    name: 'list filtered and sorted',
    call: (n) =>
      get(`${DEALS}?status=Open&opportunity_owner=owner-${n % 100}%40example.com&sort=-opportunity_amount&limit=20`),
  },
  {
    name: 'list at a deep offset',
    call: (_n, { deepOffset }) => get(`${DEALS}?limit=20&offset=${deepOffset}`),
  },
  { name: 'list by cursor', call: (_n, { cursor }) => get(`${DEALS}?limit=20&starting_after=${cursor}`) },
  {
    name: 'update',
    call: (n, { ids }) => ({
      method: 'PATCH',
      path: `${DEALS}/${nth(ids, n)}`,
      body: JSON.stringify({ sales_stage: nth(STAGES, n), probability: n % 101 }),
    }),
    effects: ({ id }) => dealAndItems(id),
  },
  {
    name: 'add an item',
    call: (n, { childless }) => post(ITEMS, { opportunity_id: nth(childless, n), ...newItem(n) }),
    effects: ({ id = '', opportunity_id }) => [`${ITEMS}/${id}`, ...dealAndItems(opportunity_id)],
    tidy: (database) => tidy(database, REMOVE_ADDED),
  },
  {
    name: 'reorder 20',
    call: (n, { families }) => {
      const { id, items } = nth(families, n);
      // One place further each time round, so that every request finds another order than it asks for.
      const turn = (1 + Math.floor(n / families.length)) % items.length;
      return post(`${ITEMS}/reorder`, { parent_id: id, ids: [...items.slice(turn), ...items.slice(0, turn)] });
    },
    effects: ({ data = [] }) => dealAndItems(data[0]?.opportunity_id),
    tidy: (database) => tidy(database, RESTORE_ORDER),
  },
  {
    name: 'create',
    call: () => post(DEALS, NEW_DEAL),
    effects: ({ id }) => dealAndItems(id),
    tidy: removeCreated,
  },
  {
    name: 'create with 10 items',
    call: () => post(DEALS, { ...NEW_DEAL, items: Array.from({ length: 10 }, (_, n) => newItem(n)) }),
    effects: ({ id }) => dealAndItems(id),
    tidy: removeCreated,
  },
  {
    name: 'aggregate by stage',
    mostConnections: 4,
    call: () => get(`${DEALS}/aggregate?group_by=sales_stage&measures=sum.base_opportunity_amount`),
  },
  { name: 'forecast', mostConnections: 4, call: () => get('/api/crm/reports/forecast') },
  {
    name: 'move',
    call: (n, { staged: { ids, stages, headers } }) => {
      // The next stage each time round, so that every request finds the deal in another one.
      const stage = nth(stages, 1 + Math.floor(n / ids.length));
      return { ...post(`${DEALS}/${nth(ids, n)}/move`, { stage }), headers };
    },
    effects: ({ id = '' }) => [`${DEALS}/${id}?fields=*,stage_id,probability_source&expand=stages`],
    tidy: ({ client }) => returnToFirstStage(client),
  },
];

/** The scenarios of these names, in their order here. Throws an Error that names those there are. */
export function chooseScenarios(names: readonly string[] | undefined): readonly Scenario[] {
  const known = SCENARIOS.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no scenario '${unknown}'; there are: ${known.join(', ')}.`);
  return SCENARIOS.filter(({ name }) => names?.includes(name) ?? true);
}
