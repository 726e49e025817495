/** A request that asks for more than one client may have, and the answer it should get. */
export interface GreedyRequest {
  name: string;
  path: string;
  body?: string;
  /** Status and code of the answer; a success has no code. */
  expected: string;
}

const MINIMAL = {
  opportunity_from: 'Lead',
  party_name: 'Drill',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
};

const create = (items: unknown[]): object => ({ method: 'create', body: { ...MINIMAL, items } });

/** `large` is an opportunity with more in its items than an answer may hold. */
export function greedyRequests(large: string): GreedyRequest[] {
  const ones = (length: number): number[] => Array.from({ length }, () => 1);
  const empty = Array.from({ length: 1000 }, () => ({}));
  const operations = (count: number): object[] => Array.from({ length: count }, () => create(empty));
  const ids = Array.from({ length: 95 }, (_, n) => `opportunity_01${String(n + 1).padStart(24, '0')}`);
  const unknown = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`unknown_${n}`, 1]));
  return [
    {
      name: 'big expand',
      path: '/opportunity?title[starts_with]=Large&limit=100&expand=items',
      expected: '400 answer_too_large',
    },
    { name: 'big list of children', path: `/opportunity-item?parent_id=${large}`, expected: '400 answer_too_large' },
    {
      name: 'big batch',
      path: '/opportunity/batch',
      body: JSON.stringify({ operations: operations(19) }),
      expected: '400 rows_limit_reached',
    },
    {
      name: 'batch beyond every bound',
      path: '/opportunity/batch',
      body: JSON.stringify({ operations: operations(200) }),
      expected: '400 json_invalid',
    },
    {
      name: 'long list',
      path: '/opportunity',
      body: JSON.stringify({ ...MINIMAL, items: ones(99_000) }),
      expected: '400 children_limit_reached',
    },
    {
      name: 'endless list',
      path: '/opportunity',
      body: JSON.stringify({ ...MINIMAL, items: ones(500_000) }),
      expected: '400 json_invalid',
    },
    {
      name: 'many errors',
      path: '/opportunity',
      body: JSON.stringify(unknown(500)),
      expected: '400 parameter_missing',
    },
    {
      name: 'endless names',
      path: '/opportunity',
      body: JSON.stringify(unknown(50_000)),
      expected: '400 json_invalid',
    },
    { name: 'common word', path: '/opportunity?q=deal', expected: '200' },
    {
      name: 'common word uncounted',
      path: '/opportunity?q=deal&include_total=false&sort=-opportunity_amount',
      expected: '200',
    },
    { name: '95 ids', path: `/opportunity?id[in]=${ids.join(',')}&limit=1`, expected: '200' },
  ];
}
