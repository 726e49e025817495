import { propertySchema } from '../src/common/fields/property-metadata.js';
import { attributesOf, type Attribute } from '../src/common/list/attributes.js';
import { Opportunity } from '../src/crm/opportunity/opportunity.entity.js';
import { SEARCH_EXPRESSION, SEARCHED } from '../src/crm/opportunity/opportunity.search.js';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { addedAttributes } from './support/of-modules.js';
import { parametersOf } from './support/operations.js';
import { asText, FITTING, matches, parameterOf, storeRows, type Kind, type Row } from './support/list-model.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const ALL_ATTRIBUTES = attributesOf(Opportunity);
/** Without those that depend on a pipeline, which have tests of their own. */
type Scalar = Attribute & { kind: Kind };
const ATTRIBUTES = ALL_ATTRIBUTES.filter(
  (each): each is Scalar =>
    each.kind !== 'map' && !each.isComputed && each.name !== 'pipeline_id' && each.name !== 'stage_id',
);
/** All that filters are documented for: a map has none of its own. */
const SCALARS = ALL_ATTRIBUTES.filter((each): each is Scalar => each.kind !== 'map');
const OPT_IN = ATTRIBUTES.filter(({ isOptIn }) => isOptIn).map(({ name }) => name);
type Value = string | number;

const ALL_OPERATORS = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'contains', 'starts_with', 'is_null'];

const list = (filters: Record<string, string>) =>
  service.api.get(
    `/opportunity?${new URLSearchParams({ limit: '100', fields: ['*', ...OPT_IN].join(','), ...filters }).toString()}`,
  );

/** Values of `show` of the rows that are kept, in the order of the ids. */
async function kept(filters: Record<string, string>, show: string): Promise<unknown[]> {
  const { status, body, text } = await list({ sort: 'id', ...filters });
  if (status !== 200) throw new Error(`${JSON.stringify(filters)}: ${text}`);
  expect([body.total, body.has_more]).toEqual([body.data.length, false]);
  return body.data.map((object: Json) => object[show]);
}

async function refusal(filters: Record<string, string>): Promise<Json> {
  const { status, body } = await list(filters);
  expect([status, Object.keys(filters)]).toEqual([400, Object.keys(filters)]);
  return body.error;
}

it('lets a client that keeps a copy walk what has changed, while it goes on changing', async () => {
  const since = new Date().toISOString();
  const ids: string[] = [];
  for (let n = 0; n < 6; n++) ids.push((await createOpportunity(service.api)).id);
  const seen: string[] = [];
  const query = { 'updated_at[gte]': since, sort: 'created_at', limit: '2' };
  for (let cursor: string | undefined, more = true; more;) {
    const { body } = await list({ ...query, ...(cursor !== undefined && { starting_after: cursor }) });
    seen.push(...body.data.map(({ id }: Json) => id));
    cursor = seen.at(-1);
    more = body.has_more;
    await service.api.patch(`/opportunity/${cursor}`, { title: 'Changed meanwhile' });
  }
  expect(seen).toEqual(ids);
  for (const id of ids) await service.api.delete(`/opportunity/${id}`);
});

/** Three different values of a kind, in order; of a text the first is the beginning of the second. */
const OF_KIND: Record<Kind, Value[]> = {
  text: ['Alpha', 'Alpha Beta', 'Gamma'],
  choice: ['Converted', 'Lost', 'Open'],
  flag: ['false', 'true'],
  number: [0.000000001, 2.5, 30],
  date: ['2023-12-31', '2024-02-29', '2024-03-01'],
  timestamp: ['2023-12-31T23:59:59.999Z', '2024-02-29T00:00:00.000Z', '2024-03-01T12:00:00.001Z'],
};

/** Of attributes that do not take every value of their kind. */
const OF_NAME: Record<string, Value[]> = {
  currency: ['EUR', 'GBP', 'USD'],
  contact_email: ['alpha@example.com', 'beta@example.com', 'gamma@example.org'],
  probability_source: ['manual', 'stage', 'stage'],
  // The product of two that are shown.
  base_opportunity_amount: [0, 6.25, 900],
};

const WHOLE: Value[] = [0, 10, 2147483647];
const isWhole = (name: string): boolean => propertySchema(Opportunity, name)['type'] === 'integer';

const valuesOf = ({ name, kind }: Scalar): Value[] => OF_NAME[name] ?? (isWhole(name) ? WHOLE : OF_KIND[kind]);

/** What an attribute holds in the n-th row of four; the fourth has no value where it may have none. */
function valueAt(attribute: Scalar, n: number): Value | null {
  if (n < 3) return valuesOf(attribute)[n] ?? null;
  if (attribute.name === 'id') return 'delta';
  return attribute.nullable ? null : valueAt(attribute, 1);
}

/** Texts for an operator, among them values that rows have. */
function textsFor(attribute: Scalar, operator: string): string[] {
  const values = valuesOf(attribute).map(asText);
  if (operator === 'is_null') return ['true', 'false'];
  if (operator === 'in') return [values[1] ?? '', `${values[2] ?? ''},${values[0] ?? ''}`];
  if (operator === 'starts_with') return values.map((value) => value.slice(0, 5).toUpperCase());
  if (operator === 'contains') return values.map((value) => value.slice(2).toUpperCase());
  return values;
}

const fitting = ({ kind, nullable }: Scalar): string[] => [...FITTING[kind], ...(nullable ? ['is_null'] : [])];

describe('the attributes that lists can be filtered by', () => {
  it('are all that are shown, of the kind of their field', () => {
    const ofService = ATTRIBUTES.filter(({ name }) => !addedAttributes.includes(name));
    const named = (kind: Kind): string[] => ofService.filter((each) => each.kind === kind).map(({ name }) => name);
    expect(named('choice')).toEqual(['status', 'probability_source']);
    expect(named('date')).toEqual(['expected_closing', 'transaction_date']);
    expect(named('timestamp')).toEqual([
      'created_at',
      'updated_at',
      'stage_entered_at',
      'snoozed_until',
      'won_at',
      'lost_at',
      'closed_at',
    ]);
    expect(named('number')).toEqual([
      'opportunity_amount',
      'probability',
      'first_response_time',
      'base_opportunity_amount',
      'base_total',
      'total',
      'conversion_rate',
      'annual_revenue',
    ]);
    expect([ofService.length, named('text').length]).toEqual([55, 36]);
    expect(ATTRIBUTES.filter(({ nullable }) => !nullable).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['id', 'created_at', 'status', 'party_name', 'opportunity_amount', 'total']),
    );
  });
});

describe('every operator of every attribute', () => {
  let stored: Row[];
  beforeAll(async () => {
    const written = ATTRIBUTES.filter(({ name }) => name !== 'base_opportunity_amount');
    const row = (n: number): Row => Object.fromEntries(written.map((each) => [each.name, valueAt(each, n)]));
    await service.database.query('delete from opportunity');
    await storeRows(
      service.database,
      [0, 1, 2, 3].map((n) => ({ version: 1, ...row(n) })),
    );
    stored = (await list({})).body.data;
    expect(stored).toHaveLength(4);
  });

  it.each(ATTRIBUTES.map((attribute) => [attribute.name, attribute] as const))(
    '%s keeps the rows that the model keeps',
    async (name, attribute) => {
      for (const operator of fitting(attribute)) {
        const counts = new Set<number>();
        for (const text of textsFor(attribute, operator)) {
          const expected = stored.filter((row) => matches(row, { name, kind: attribute.kind, operator, text }));
          counts.add(expected.length);
          const ids = await kept({ [parameterOf(name, operator)]: text }, 'id');
          expect([operator, text, ids]).toEqual([operator, text, expected.map(({ id }) => id).sort()]);
        }
        // Were all rows kept, or none, the operator could do anything.
        expect([...counts].some((count) => count > 0 && count < 4)).toBe(true);
      }
    },
  );

  it.each(ATTRIBUTES.map((attribute) => [attribute.name, attribute] as const))(
    '%s refuses the operators that do not fit, naming those that do',
    async (name, attribute) => {
      const fit = fitting(attribute);
      const others = [...ALL_OPERATORS.filter((known) => !fit.includes(known)), 'like', ''].map(
        (operator) => `${name}[${operator}]`,
      );
      // Plain equality has no brackets.
      const wrong = [...others, `${name}[eq]`];
      const { errors } = await refusal(Object.fromEntries(wrong.map((param) => [param, 'true'])));
      expect(errors.map(({ param, code }: Json) => `${param} ${code}`)).toEqual(
        wrong.map((param) => `${param} parameter_invalid`),
      );
      const named = fit.map((operator) => parameterOf(name, operator)).join(', ');
      for (const { param, message } of errors)
        expect(message).toBe(`${param} is not a filter of ${name}; use one of ${named}.`);
    },
  );

  it('is documented, and nothing else is', () => {
    const operation = service.document.paths['/api/crm/opportunity']?.get as Json;
    const filters = SCALARS.flatMap((each) => fitting(each).map((operator) => parameterOf(each.name, operator)));
    const parameters = parametersOf(service.document, operation).filter((each) => each.in === 'query');
    expect(parameters.map(({ name }: Json) => name)).toEqual([
      ...[
        'limit',
        'offset',
        'starting_after',
        'ending_before',
        'sort',
        'include_total',
        'fields',
        'expand',
        'q',
        'rotten',
        'filter',
      ],
      ...filters,
      'lost_reason',
      'lost_reason[in]',
      'lost_reason[is_null]',
    ]);
    expect(parameters.every((each: Json) => each.required !== true)).toBe(true);
  });

  it('is named when its parameter is given twice, and nothing is answered, unless it takes a list', async () => {
    const twice = ATTRIBUTES.flatMap((each) =>
      fitting(each)
        .filter((operator) => operator !== 'in')
        .map((operator) => parameterOf(each.name, operator)),
    );
    const query = [...twice, ...twice].map((param) => `${encodeURIComponent(param)}=true`).join('&');
    const { status, body } = await service.api.get(`/opportunity?${query}`);
    expect(status).toBe(400);
    expect(body.error.errors.map(({ message }: Json) => message)).toEqual(
      twice
        .slice(0, 100)
        .map((param) =>
          param.includes('[')
            ? `${param} must be given only once.`
            : `${param} must be given only once; to match one of several values, use ${param}[in].`,
        ),
    );
  });
});

describe('a filter', () => {
  beforeAll(async () => {
    const titles = ['50%', '50 percent', 'a_b', 'aXb', 'c\\d', 'cd', 'Éclair', 'o\'Neil "x"', '', null];
    const row = (title: string | null, n: number): Row => ({
      id: `opportunity_${n}`,
      title,
      status: n === 0 ? 'Lost' : 'Open',
      opportunity_amount: n / 10,
      expected_closing: n === 9 ? null : `2024-01-1${n}`,
      created_at: n < 5 ? '2024-01-14T23:59:59.999Z' : '2024-01-15T00:00:00.000Z',
    });
    await service.database.query('delete from opportunity');
    await storeRows(service.database, titles.map(row));
    await storeRows(service.database, [row('50%', 1)], 'other');
  });

  it.each([
    ['title[contains]', '%', ['50%']],
    ['title[contains]', '_', ['a_b']],
    ['title[contains]', '\\', ['c\\d']],
    ['title[contains]', 'a_', ['a_b']],
    ['title[contains]', 'C\\D', ['c\\d']],
    ['title[contains]', "'", ['o\'Neil "x"']],
    ['title[contains]', 'éCLAIR', ['Éclair']],
    ['title[contains]', 'eclair', ['Éclair']],
    ['title[contains]', 'E\u0301cl', ['Éclair']],
    ['title[contains]', '％', ['50%']],
    ['title[starts_with]', 'ECL', ['Éclair']],
    ['title', 'E\u0301clair', ['Éclair']],
    ['title[contains]', '', ['50%', '50 percent', 'a_b', 'aXb', 'c\\d', 'cd', 'Éclair', 'o\'Neil "x"', '']],
    ['title[starts_with]', '50%', ['50%']],
    ['title[starts_with]', 'A', ['a_b', 'aXb']],
    ['title[starts_with]', 'b', []],
    ['title', '50%', ['50%']],
    ['title', 'ECLAIR', []],
    ['title', '', ['']],
    ['title[in]', ' cd , "" ', ['cd', '']],
    ['title[in]', 'cd,"o\'Neil ""x"""', ['cd', 'o\'Neil "x"']],
    ['title[in]', 'a_b,E\u0301clair', ['a_b', 'Éclair']],
    ['title[in]', 'E\u0301clair,ü', ['Éclair']],
    ['title[in]', 'c\\d,{a_b},NULL', ['c\\d']],
    ['title[is_null]', 'true', [null]],
  ])('%s=%s takes the text as it is', async (param, text, titles) => {
    expect(await kept({ [param]: text }, 'title')).toEqual(titles);
  });

  it('by inequality keeps what has no value', async () => {
    expect(await kept({ 'title[ne]': '50%', 'opportunity_amount[gte]': '0.7' }, 'title')).toEqual([
      'o\'Neil "x"',
      '',
      null,
    ]);
    expect(await kept({ 'expected_closing[ne]': '2024-01-10', 'opportunity_amount[gt]': '0.8' }, 'id')).toEqual([
      'opportunity_9',
    ]);
  });

  it('by range is half-open as it is written, and leaves out what has no value', async () => {
    const ids = (...numbers: number[]): string[] => numbers.map((n) => `opportunity_${n}`);
    expect(await kept({ 'expected_closing[gte]': '2024-01-12', 'expected_closing[lt]': '2024-01-14' }, 'id')).toEqual(
      ids(2, 3),
    );
    expect(await kept({ 'expected_closing[gt]': '2024-01-12', 'expected_closing[lte]': '2024-01-14' }, 'id')).toEqual(
      ids(3, 4),
    );
    expect(await kept({ 'expected_closing[gt]': '2024-01-17' }, 'id')).toEqual(ids(8));
    expect(await kept({ 'opportunity_amount[gte]': '0.3', 'opportunity_amount[lt]': '0.30' }, 'id')).toEqual([]);
  });

  it('by date on a time means midnight UTC', async () => {
    expect(await kept({ 'created_at[lt]': '2024-01-15' }, 'id')).toHaveLength(5);
    expect(await kept({ 'created_at[gte]': '2024-01-15' }, 'id')).toHaveLength(5);
    expect(await kept({ 'created_at[gt]': '2024-01-15' }, 'id')).toEqual([]);
    expect(await kept({ created_at: '2024-01-15' }, 'id')).toHaveLength(5);
    expect(await kept({ created_at: '2024-01-14' }, 'id')).toEqual([]);
  });

  it.each(['2024-01-15T02:00:00+02:00', '2024-01-14T08:01-15:59', '2024-01-15T00:00:00.000000000Z'])(
    'takes the time %s, whatever its zone and precision',
    async (time) => {
      expect(await kept({ created_at: time }, 'id')).toHaveLength(5);
    },
  );

  it('combines with others, and with a search, by AND', async () => {
    const filters = { 'title[contains]': '50', status: 'Open', 'opportunity_amount[in]': '0,0.1,0.2' };
    expect(await kept(filters, 'title')).toEqual(['50 percent']);
    expect(await kept({ ...filters, q: 'perc' }, 'title')).toEqual(['50 percent']);
    expect(await kept({ ...filters, q: 'other' }, 'title')).toEqual([]);
  });

  it('by a list takes it in all the ways it can be given', async () => {
    const get = async (query: string): Promise<unknown> =>
      (await service.api.get(`/opportunity?sort=id&fields=title&${query}`)).body.data.map(({ title }: Json) => title);
    const expected = ['50%', 'a_b', 'cd'];
    expect(await get('title[in]=50%25,a_b,cd')).toEqual(expected);
    expect(await get('title[in]=50%25&title[in]=a_b,cd')).toEqual(expected);
    expect(await get('title[in][]=50%25&title[in][]=a_b&title[in][]=cd')).toEqual(expected);
    expect(await get('title[in]=cd&title[in][]=50%25&title[in]=a_b')).toEqual(expected);
  });

  it('in a list takes a hundred values and no more', async () => {
    const values = (count: number): string => Array.from({ length: count }, (_, n) => `${n / 10}`).join(',');
    expect(await kept({ 'opportunity_amount[in]': values(100) }, 'id')).toHaveLength(10);
    const error = await refusal({ 'opportunity_amount[in]': values(101) });
    expect(error).toMatchObject({ param: 'opportunity_amount[in]', code: 'parameter_invalid' });
    expect(error.message).toContain('at most 100');
  });

  it.each([
    ['status', ['open', '', 'Open,Lost', 'None']],
    ['status[ne]', ['OPEN']],
    ['status[in]', ['', 'Open,', 'Open,open', 'Open Lost', '"Open', '"Open" Lost']],
    ['opportunity_amount', ['', 'abc', '1e3', '1,5', '+1', ' 1', '.5', '5.', '0x1', 'NaN', 'Infinity', '9'.repeat(41)]],
    ['opportunity_amount[in]', ['', '1,', '1,,2', '1,x']],
    ['first_response_time[gt]', ['soon']],
    ['expected_closing', ['', '2024-02-30', '2023-02-29', '0000-01-01', '24-1-1', '2024-01-15T00:00:00Z', 'today']],
    ['expected_closing[in]', ['2024-01-15,', '2024-01-15,2024-13-01']],
    [
      'created_at[gte]',
      ['', '2024-02-30', '2024-02-30T00:00:00Z', '2024-01-15T24:00:00Z', '2024-01-15T00:00:60Z', '2024-01-15T00:00:00'],
    ],
    [
      'updated_at',
      [
        '2024-01-15 00:00:00Z',
        '2024-01-15T00:00:00 02:00',
        '2024-01-15T00:00:00+99:00',
        '2024-01-15T00:00:00+16:00',
        'now',
        '0',
      ],
    ],
    ['title[is_null]', ['', 'TRUE', '1', 'null', 'yes']],
    ['title', ['a\u0000b']],
    ['title[contains]', ['\u0000']],
  ])('%s refuses what it cannot compare with', async (param, texts) => {
    for (const text of texts) {
      const error = await refusal({ [param]: text });
      expect([text, error.code, error.param]).toEqual([text, 'parameter_invalid', param]);
      expect(error.message.startsWith(`${param} `)).toBe(true);
    }
  });

  it.each([
    'titel',
    'Title',
    'title [ne]',
    'items',
    'version',
    'workspace_id',
    'workspace_id[ne]',
    'title.ne',
    'sort[ne]',
  ])('%s is refused as unknown', async (param) => {
    expect(await refusal({ [param]: '1' })).toMatchObject({ code: 'parameter_unknown', param });
  });

  it('takes numbers beyond what a double or the column holds', async () => {
    const huge = '9'.repeat(40);
    expect(await kept({ 'opportunity_amount[lt]': huge, 'first_response_time[is_null]': 'true' }, 'id')).toHaveLength(
      10,
    );
    expect(await kept({ 'first_response_time[lt]': huge }, 'id')).toEqual([]);
    expect(await kept({ 'opportunity_amount[gt]': '0.89999999999999999999999999' }, 'id')).toEqual(['opportunity_9']);
  });
});

describe('a search', () => {
  const found = async (q: string): Promise<unknown[]> => kept({ q }, 'party_name');

  beforeAll(async () => {
    await service.database.query('delete from opportunity');
    await createOpportunity(service.api, {
      party_name: 'first',
      title: 'Crème brûlée für Ångström-Werke',
      contact_email: 'anna.berg@firma-nord.example.org',
    });
    await createOpportunity(service.api, {
      party_name: 'second',
      title: 'ÜBERSICHT 2024/17',
      territory: 'Süd',
      customer_name: 'ΟΔΟΣ हिन्दी',
    });
    await createOpportunity(service.other, { party_name: 'foreign', title: 'Crème brûlée Übersicht' });
  });

  it.each(SEARCHED)('looks into %s', async (name) => {
    const value = name === 'contact_email' ? 'needle@example.com' : 'a Needle';
    const { id } = await createOpportunity(service.api, { [name]: value });
    const { body } = await list({ q: 'needle' });
    expect(body.data.map((object: Json) => object.id)).toEqual([id]);
    await service.api.delete(`/opportunity/${id}`);
  });

  it.each([
    ['creme', ['first']],
    ['CRÈME', ['first']],
    ['cre', ['first']],
    ['reme', []],
    ['brulee fur', ['first']],
    ['fur brul cr', ['first']],
    ['brulee uber', []],
    ['angstrom', ['first']],
    ['A\u030angstro\u0308m', ['first']],
    ['über', ['second']],
    ['u', ['second']],
    ['sud', ['second']],
    ['2024/17', ['second']],
    ['17', ['second']],
    ['024', []],
    ['anna', ['first']],
    ['berg@firma', ['first']],
    ['anna.berg@firma-nord.example.org', ['first']],
    ['nord org', ['first']],
    ['"creme" & !(x', []],
    ["'creme':*", ['first']],
    ['%', []],
    ['ΟΔΟΣ', ['second']],
    ['हिन्दी', ['second']],
    ['foreign', []],
  ])('for %s finds %j', async (q, names) => {
    expect(await found(q)).toEqual(names);
  });

  it.each(['---', '@.', '…', '\u0301', '🙂', '%', '🔥 ♥'])('for %j, which has no word, finds nothing', async (q) => {
    expect(await found(q)).toEqual([]);
    expect(await kept({ q, sort: 'title' }, 'party_name')).toEqual([]);
  });

  it.each(['', ' ', '\t\n', '\u3000'])('for %j, which is blank, is as if absent', async (q) => {
    expect(await found(q)).toEqual(['first', 'second']);
  });

  it('for what no text can have is refused', async () => {
    expect(await refusal({ q: '\u0000' })).toMatchObject({ param: 'q', code: 'parameter_invalid' });
  });

  it('finds what a workspace has, and nothing of another', async () => {
    const { body } = await service.other.get('/opportunity?q=creme');
    expect(body.data.map(({ party_name }: Json) => party_name)).toEqual(['foreign']);
    const [workspace] = await service.database.query<{ id: string }>(`select id from workspace where name='other'`);
    for (const q of [workspace?.id ?? '', `${workspace?.id ?? ''}/creme`, 'foreign'])
      expect(await found(q)).toEqual([]);
  });

  it('follows changes', async () => {
    const { id } = await createOpportunity(service.api, { party_name: 'third', title: 'before' });
    await service.api.patch(`/opportunity/${id}`, { title: 'after' });
    expect([await found('before'), await found('after')]).toEqual([[], ['third']]);
    await service.api.delete(`/opportunity/${id}`);
    expect(await found('after')).toEqual([]);
  });

  it('is planned on its index', async () => {
    // On a table this small any other plan would be cheaper.
    await service.database.query(`create function plan_of(query text) returns setof text language plpgsql
      set enable_seqscan = off set enable_indexscan = off
      as $$ begin return query execute 'explain ' || query; end $$`);
    const query = `select id from opportunity where ${SEARCH_EXPRESSION} @@ search_query('w', 'creme')`;
    const plan = await service.database.query<{ line: string }>('select plan_of($1) as line', [query]);
    expect(plan.map(({ line }) => line).join('\n')).toContain('Bitmap Index Scan on opportunity_search');
  });
});

describe('the parameter filter', () => {
  it('keeps what the parameters keep that it stands for', async () => {
    const titles = ['Acme, Inc.', 'Roe|Doe', 'say "hi"', 'Roe'];
    for (const [index, title] of titles.entries())
      await createOpportunity(service.api, { title, party_name: 'Filtered', probability: index * 10 });
    const filtered = (filter: string): Promise<unknown[]> => kept({ filter: `party_name:Filtered,${filter}` }, 'title');
    expect(await filtered('title[in]:"Acme, Inc."|Roe')).toEqual(['Acme, Inc.', 'Roe']);
    expect(await filtered('title[in]:"Roe|Doe"|"say ""hi"""')).toEqual(['Roe|Doe', 'say "hi"']);
    expect(await filtered('title:Roe|Doe')).toEqual(['Roe|Doe']);
    expect(await filtered(' probability[gte] : 10 , probability[lt] : 30')).toEqual(['Roe|Doe', 'say "hi"']);
    expect(await filtered('status:Open,expected_closing[is_null]:true')).toEqual(titles);
    expect(await kept({ filter: 'party_name:Filtered', 'probability[gt]': '10' }, 'title')).toEqual([
      'say "hi"',
      'Roe',
    ]);
  });

  it('is absent when it is empty', async () => {
    expect((await list({ filter: '' })).body).toEqual((await list({})).body);
  });

  it('names the part that is wrong', async () => {
    const { code, param, message, errors } = await refusal({ filter: 'status:open,total[gte]:much,colour:red,title' });
    expect([code, param]).toEqual(['parameter_invalid', 'filter']);
    expect(message).toContain("cannot be read from here on: 'title'");
    expect(errors).toHaveLength(1);
    const parts = await refusal({ filter: 'status:open,total[gte]:much,colour:red,status[gt]:Open' });
    expect(parts.errors.map(({ message: each }: Json) => each)).toEqual([
      expect.stringMatching(/^status in filter must be one of /),
      expect.stringMatching(/^total\[gte\] in filter must be a number/),
      expect.stringMatching(/^colour in filter is not an attribute to filter by; /),
      expect.stringMatching(/^status\[gt\] in filter is not a filter of status; /),
    ]);
  });

  it('follows the reader through the pages', async () => {
    const { headers } = await list({ filter: 'party_name:Filtered,title[ne]:Roe', limit: '1' });
    const [, next = ''] = /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '') ?? [];
    const { body } = await service.api.get(`/${next}`);
    expect(body.total).toBe(3);
  });
});
