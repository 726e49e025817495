import type { FastifyInstance, FastifyRequest } from 'fastify';
import type pg from 'pg';
import { newId } from '../../src/common/ids/id.js';
import { stringifyExact } from '../../src/common/json/exact-number.js';
import { answer, answerObject, missing, type Row } from './answers.js';
import { shown } from './items.js';
import {
  DEAL_COLUMNS,
  insertDeal,
  insertDealWithItems,
  ITEM_COLUMNS,
  LIST,
  LIST_DEEP,
  LIST_OWNED,
  listAfter,
  listFirst,
  RETRIEVE,
  updateDeal,
  type Statement,
} from './statements.js';

const DEEP_OFFSET = 1000;

interface Query {
  limit?: string;
  offset?: string;
  starting_after?: string;
  status?: string;
  opportunity_owner?: string;
}

type Body = Record<string, unknown>;

type Write = Pick<FastifyRequest, 'id' | 'workspaceId' | 'keyId'> & { body: Body };

export function serveDeals(app: FastifyInstance, pool: pg.Pool): void {
  app.get<{ Params: { id: string } }>('/api/crm/opportunity/:id', async (request, reply) => {
    const { rows } = await pool.query<Row>({ ...RETRIEVE, values: [request.workspaceId, request.params.id] });
    return rows[0] === undefined ? missing(reply) : answerObject(reply, rows[0]);
  });

  app.get<{ Querystring: Query }>('/api/crm/opportunity', async ({ workspaceId, query }, reply) => {
    return answer(reply, await list(pool, workspaceId, query));
  });

  /** The same page the plain way, to compare with; not a part of the contract. */
  app.get<{ Querystring: Query }>('/plain/opportunity', async ({ workspaceId, query }, reply) => {
    const { limit = '20', offset = '0' } = query;
    return answer(reply, await page(pool, LIST, [workspaceId, limit, offset], Number(offset)));
  });

  app.post<{ Body: Body }>('/api/crm/opportunity', async (request, reply) => {
    const row = 'items' in request.body ? await createWhole(pool, request) : await create(pool, request);
    return answerObject(reply.status(201).header('location', `/api/crm/opportunity/${row.id}`), row);
  });

  app.patch<{ Params: { id: string }; Body: Body }>('/api/crm/opportunity/:id', async (request, reply) => {
    const { body, params, workspaceId, keyId } = request;
    const names = Object.keys(body);
    const values = [workspaceId, params.id, keyId, request.id, ...Object.values(body)];
    const { rows } = await pool.query<Row>({ ...updateDeal(names), values });
    return rows[0] === undefined ? missing(reply) : answerObject(reply, rows[0]);
  });
}

function list(pool: pg.Pool, workspaceId: string, query: Query): Promise<object> {
  const { limit = '20', offset = '0', starting_after: cursor, status, opportunity_owner: owner } = query;
  if (owner !== undefined) return page(pool, LIST_OWNED, [workspaceId, limit, status, owner], 0);
  if (cursor !== undefined) return pageAfter(pool, workspaceId, Number(limit), cursor);
  if (offset === '0') return page(pool, listFirst(Number(limit)), [workspaceId], 0);
  const statement = Number(offset) >= DEEP_OFFSET ? LIST_DEEP : LIST;
  return page(pool, statement, [workspaceId, limit, offset], Number(offset));
}

async function page(pool: pg.Pool, statement: Statement, values: unknown[], offset: number): Promise<object> {
  const { rows } = await pool.query<Row>({ ...statement, values });
  const total = takeTotal(rows);
  return { data: rows, has_more: offset + rows.length < total, total };
}

/** One row more than wanted tells whether there are more. */
async function pageAfter(pool: pg.Pool, workspaceId: string, limit: number, cursor: string): Promise<object> {
  const { rows } = await pool.query<Row>({ ...listAfter(limit + 1), values: [workspaceId, cursor] });
  const total = takeTotal(rows);
  return { data: rows.slice(0, limit), has_more: rows.length > limit, total };
}

function takeTotal(rows: Row[]): number {
  const total = rows[0]?.total_count ?? 0;
  for (const row of rows) row.total_count = undefined;
  return total;
}

async function create(pool: pg.Pool, { workspaceId, keyId, id, body }: Write): Promise<Row> {
  const values = [workspaceId, newId('opportunity'), keyId, id, ...Object.values(body)];
  const { rows } = await pool.query<Row>({ ...insertDeal(Object.keys(body)), values });
  return rows[0] as Row;
}

async function createWhole(pool: pg.Pool, { workspaceId, keyId, id, body }: Write): Promise<Row> {
  const { items, ...deal } = body;
  const entries = items as Body[];
  const ids = entries.map(() => newId('opportunity-item'));
  const key = [workspaceId, newId('opportunity'), deal['conversion_rate'] ?? 1, stringifyExact(entries), ids];
  const { rows } = await pool.query<unknown[]>({
    ...insertDealWithItems(Object.keys(deal)),
    values: [...key, keyId, id, ...Object.values(deal)],
    rowMode: 'array',
  });
  const created = named(DEAL_COLUMNS, rows[0] ?? [], ITEM_COLUMNS.length);
  created.items = rows.map((row) => shown(named(ITEM_COLUMNS, row, 0)));
  return created;
}

function named(columns: readonly string[], values: readonly unknown[], first: number): Row {
  const row: Row & Body = { id: '' };
  for (const [index, column] of columns.entries()) row[column] = values[first + index];
  return row;
}
