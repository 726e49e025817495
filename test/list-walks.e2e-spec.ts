import * as fc from 'fast-check';
import type { Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import {
  isFound,
  matches,
  question,
  queryOf,
  rowsOf,
  sorted,
  storeRows,
  type Question,
  type Row,
} from './support/list-model.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());
beforeEach(() => service.database.query('delete from opportunity'));

/** Vitest must not cut in before fast-check has told its seed. */
const BOUNDED = { numRuns: 40, plugins: [fc.interruptAfterTimeLimit(25_000)] };
const rows = rowsOf(16);

/** What a page shows: ids, whether more follow, the total. */
type Shown = [ids: string[], hasMore: boolean, total: number | null];

async function get(path: string): Promise<{ shown: Shown; links: Record<string, string> }> {
  const { status, body, headers, text } = await service.api.get(path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  const links = [...(headers.get('link') ?? '').matchAll(/<\/api\/crm([^>]*)>; rel="(\w+)"/g)];
  return {
    shown: [body.data.map(({ id }: Json) => id), body.has_more, body.total],
    links: Object.fromEntries(links.map(([, url, rel]) => [rel, url])),
  };
}

const page = async (asked: Question, more: Record<string, string> = {}): Promise<Shown> =>
  (await get(`/opportunity${queryOf(asked, more)}`)).shown;

async function store(stored: readonly Row[]): Promise<void> {
  await service.database.query('delete from opportunity');
  await storeRows(service.database, stored);
}

/** The ids that answer a question, in order. */
function idsFor({ filters, q, sort }: Question, stored: readonly Row[]): string[] {
  const kept = stored.filter(
    (row) => filters.every((filter) => matches(row, filter)) && (q === undefined || isFound(row, q)),
  );
  return sorted(kept, sort).map(({ id }) => id as string);
}

/** The pages from the top on. */
function pagesDown(ids: string[], { limit, includeTotal }: Question, total = ids.length): Shown[] {
  const starts = ids.flatMap((_id, index) => (index % limit === 0 ? [index] : []));
  return (starts.length > 0 ? starts : [0]).map((start) => [
    ids.slice(start, start + limit),
    start + limit < ids.length,
    includeTotal ? total : null,
  ]);
}

/** The pages from the end up: each in the order of the list, and with more where rows come before it. */
const pagesUp = (ids: string[], asked: Question, total: number): Shown[] =>
  pagesDown(ids.toReversed(), asked, total).map(([page, ...rest]) => [page.toReversed(), ...rest]);

describe('a walk over the pages of any rows, under any filter and sort', () => {
  it('by offset shows what the model shows', async () => {
    await fc.assert(
      fc.asyncProperty(rows, question, async (stored, asked) => {
        await store(stored);
        const expected = pagesDown(idsFor(asked, stored), asked);
        for (const [index, shown] of expected.entries())
          expect(await page(asked, index === 0 ? {} : { offset: String(index * asked.limit) })).toEqual(shown);
      }),
      BOUNDED,
    );
  });

  it('by cursor shows what the model shows, forwards and backwards', async () => {
    await fc.assert(
      fc.asyncProperty(rows, question, async (stored, asked) => {
        await store(stored);
        const ids = idsFor(asked, stored);
        const [last = ''] = ids.slice(-1);
        fc.pre(ids.length > 0);
        let more: Record<string, string> = {};
        for (const shown of pagesDown(ids, asked)) {
          expect(await page(asked, more)).toEqual(shown);
          more = { starting_after: shown[0].at(-1) ?? '' };
        }
        expect(await page(asked, more)).toEqual([[], false, asked.includeTotal ? ids.length : null]);
        more = { ending_before: last };
        for (const shown of pagesUp(ids.slice(0, -1), asked, ids.length)) {
          expect(await page(asked, more)).toEqual(shown);
          more = { ending_before: shown[0][0] ?? '' };
        }
      }),
      BOUNDED,
    );
  });

  it('starts after any row, also one that the filter leaves out', async () => {
    await fc.assert(
      fc.asyncProperty(rows, question, fc.nat(), async (stored, asked, pick) => {
        await store(stored);
        const all = idsFor({ ...asked, filters: [], q: undefined }, stored);
        const cursor = all[pick % all.length] ?? '';
        fc.pre(all.length > 0);
        const kept = idsFor(asked, stored);
        const after = kept.filter((id) => all.indexOf(id) > all.indexOf(cursor));
        const before = kept.filter((id) => all.indexOf(id) < all.indexOf(cursor));
        expect(await page(asked, { starting_after: cursor })).toEqual(pagesDown(after, asked, kept.length)[0]);
        expect(await page(asked, { ending_before: cursor })).toEqual(pagesUp(before, asked, kept.length)[0]);
      }),
      BOUNDED,
    );
  });

  it('by the links of the answers shows the same pages, down to the end and back to the top', async () => {
    await fc.assert(
      fc.asyncProperty(rows, question, fc.boolean(), async (stored, asked, startsByOffset) => {
        await store(stored);
        const ids = idsFor(asked, stored);
        fc.pre(ids.length > 0);
        const down = pagesDown(ids, asked);
        let answer = await get(`/opportunity${queryOf(asked, startsByOffset ? { offset: '0' } : {})}`);
        expect(answer.links['prev']).toBeUndefined();
        for (const shown of down.slice(1)) {
          expect(answer.links).toHaveProperty('next');
          answer = await get(answer.links['next'] ?? '');
          expect(answer.shown).toEqual(shown);
        }
        expect(answer.links['next']).toBeUndefined();
        // Upwards every page but the one at the end is a full one, and so the same as downwards.
        for (const [index, shown] of [...down.entries()].toReversed().slice(1)) {
          answer = await get(answer.links['prev'] ?? '');
          expect(answer.shown).toEqual([shown[0], index > 0, shown[2]]);
          expect(answer.links).toHaveProperty('next');
        }
        expect(answer.links['prev']).toBeUndefined();
      }),
      BOUNDED,
    );
  });
});

describe('a walk by cursor while others write', () => {
  /** What happens with each page: rows that come, and rows that go; `seen` ones go while the page is read. */
  const turn = fc.record({ come: rowsOf(2), seen: fc.nat(), any: fc.nat() }, { noNullPrototype: true });

  it('repeats nothing and skips no row that nobody touched', async () => {
    await fc.assert(
      fc.asyncProperty(rows, question, fc.array(turn, { maxLength: 8, size: 'max' }), async (stored, asked, turns) => {
        await store(stored);
        const known = new Set(stored.map(({ id }) => id as string));
        const gone = new Set<string>();
        const seen: string[] = [];
        const remove = async (id: string | undefined): Promise<void> => {
          if (id === undefined || gone.has(id)) return;
          gone.add(id);
          expect((await service.api.delete(`/opportunity/${id}`)).status).toBe(200);
        };
        for (let hasMore = true, n = 0; hasMore; n++) {
          const { come = [], seen: left = 0, any = 0 } = turns[n] ?? {};
          const fresh = come.filter(({ id }) => !known.has(id as string));
          fresh.forEach(({ id }) => known.add(id as string));
          const cursor = seen.at(-1);
          const [[ids, more]] = await Promise.all([
            page(asked, cursor === undefined ? {} : { starting_after: cursor }),
            storeRows(service.database, fresh),
            remove(turns[n] && seen[left % seen.length]),
          ]);
          seen.push(...ids);
          hasMore = more && ids.length > 0;
          await remove(turns[n] && [...known][any % known.size]);
        }
        expect(new Set(seen).size).toBe(seen.length);
        const untouched = idsFor(asked, stored).filter((id) => !gone.has(id));
        const shown = new Set(untouched);
        expect(seen.filter((id) => shown.has(id))).toEqual(untouched);
      }),
      BOUNDED,
    );
  });
});

describe('a cursor', () => {
  it('whose object was deleted goes on where it stood last, also if an object with its id had been deleted before', async () => {
    const times = { created_at: '2024-01-15T00:00:00.000Z', expected_closing: null, first_response_time: null };
    const amounts = { opportunity_amount: 0, annual_revenue: null };
    const rowOf = (id: string, title: string): Row => ({
      ...{ id, title, status: 'Open', sales_stage: 'a' },
      ...amounts,
      ...times,
    });
    for (const title of ['a', 'c']) {
      await store([rowOf('opportunity_1', title), rowOf('opportunity_2', 'b'), rowOf('opportunity_3', 'd')]);
      expect((await service.api.delete('/opportunity/opportunity_1')).status).toBe(200);
    }
    const { body } = await service.api.get('/opportunity?sort=title&starting_after=opportunity_1');
    expect(body.data.map(({ id }: Json) => id)).toEqual(['opportunity_3']);
  });

  const refusal = async (query: string): Promise<Json> => {
    const { status, body } = await service.api.get(`/opportunity?${query}`);
    expect(status).toBe(400);
    return body.error;
  };

  it.each(['starting_after', 'ending_before'])('%s that names no object of the workspace is refused', async (param) => {
    const foreign = await createOpportunity(service.other);
    const deletedElsewhere = await createOpportunity(service.other);
    await service.other.delete(`/opportunity/${deletedElsewhere.id}`);
    const forgotten = await createOpportunity(service.api);
    await service.api.delete(`/opportunity/${forgotten.id}`);
    await service.database.query('delete from event where subject_id = $1', [forgotten.id]);
    for (const id of [foreign.id, deletedElsewhere.id, forgotten.id, 'opportunity_none', '', '%00'])
      for (const sort of ['-created_at', 'id', '-id', 'title', 'status,-created_at'])
        expect(await refusal(`${param}=${id}&sort=${sort}`)).toMatchObject({ code: 'parameter_invalid', param });
  });

  it('goes on where its object stood when it was deleted', async () => {
    const created: string[] = [];
    for (const title of ['1', '2', '3', '4'])
      created.push((await createOpportunity(service.api, { title })).id as string);
    const [first, second, third, fourth] = created;
    const ids = async (query: string): Promise<string[]> =>
      (await service.api.get(`/opportunity?limit=2&${query}`)).body.data.map(({ id }: Json) => id);
    await service.api.patch(`/opportunity/${String(third)}`, { title: '0' });
    for (const id of [second, third]) await service.api.delete(`/opportunity/${String(id)}`);
    expect(await ids(`starting_after=${String(third)}`)).toEqual([first]);
    expect(await ids(`ending_before=${String(second)}`)).toEqual([fourth]);
    expect(await ids(`starting_after=${String(third)}&sort=title`)).toEqual([first, fourth]);
    expect(await ids(`ending_before=${String(third)}&sort=-title`)).toEqual([fourth, first]);
  });

  it('does not go together with an offset, nor with one of the other direction', async () => {
    const { id } = await createOpportunity(service.api);
    for (const cursor of ['starting_after', 'ending_before']) {
      expect(await refusal(`${cursor}=${id}&offset=1`)).toMatchObject({ param: 'offset' });
      // The default, which clients write out.
      expect((await service.api.get(`/opportunity?${cursor}=${id}&offset=0`)).status).toBe(200);
    }
    expect(await refusal(`starting_after=${id}&ending_before=${id}`)).toMatchObject({ param: 'ending_before' });
  });

  it('given twice is refused', async () => {
    const { id } = await createOpportunity(service.api);
    expect(await refusal(`starting_after=${id}&starting_after=${id}`)).toMatchObject({ param: 'starting_after' });
  });
});

describe('a sort', () => {
  it.each([
    ['status,title,company,city', 'at most 3'],
    ['title,-title', "'title' twice"],
    ['nothing', "cannot sort by 'nothing'"],
    ['items', "cannot sort by 'items'"],
    ['workspace_id', "cannot sort by 'workspace_id'"],
    ['--title', "cannot sort by '-title'"],
    ['title,', 'an empty value'],
    ['', 'an empty value'],
  ])('by %j is refused: %s', async (sort, reason) => {
    const { status, body } = await service.api.get(`/opportunity?sort=${sort}`);
    expect([status, body.error.param]).toEqual([400, 'sort']);
    expect(body.error.message).toContain(reason);
  });
});

it('links to the neighbours with all other parameters of the request, whatever stands in them', async () => {
  for (const title of ['what? & why=1', 'what? & why=2']) await createOpportunity(service.api, { title });
  const query = 'title[starts_with]=what?%20%26%20why=&sort=title&limit=1';
  const { links } = await get(`/opportunity?${query}`);
  const next = await service.api.get(links['next'] ?? '');
  expect(next.body.data.map(({ title }: Json) => title)).toEqual(['what? & why=2']);
  const { searchParams } = new URL(links['next'] ?? '', service.origin);
  expect([...searchParams.keys()]).toEqual(['title[starts_with]', 'sort', 'limit', 'starting_after']);
});
