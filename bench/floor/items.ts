import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { newId } from '../../src/common/ids/id.js';
import { stringifyExact } from '../../src/common/json/exact-number.js';
import { answer, answerObject, missing, type Row } from './answers.js';
import { insertItem, LOCK_DEAL, REORDER, type Statement } from './statements.js';

/** Children are written behind the lock of their deal: a statement that waited for it would not see what it waited for. */
export function serveItems(app: FastifyInstance, pool: pg.Pool): void {
  app.post<{ Body: { opportunity_id: string } }>('/api/crm/opportunity-item', async (request, reply) => {
    const { opportunity_id: parent, ...item } = request.body;
    const id = newId('opportunity-item');
    const rows = await behindLock(pool, request.workspaceId, parent, insertItem(Object.keys(item)), (rate) => [
      request.workspaceId,
      parent,
      id,
      rate,
      request.keyId,
      request.id,
      stringifyExact(item),
      ...Object.values(item),
    ]);
    const row = rows?.[0];
    if (row === undefined) return missing(reply);
    return answerObject(reply.status(201).header('location', `/api/crm/opportunity-item/${id}`), shown(row));
  });

  app.post<{ Body: { parent_id: string; ids: string[] } }>(
    '/api/crm/opportunity-item/reorder',
    async (request, reply) => {
      const { parent_id: parent, ids } = request.body;
      const values = [request.workspaceId, parent, ids, request.keyId, request.id];
      const rows = await behindLock(pool, request.workspaceId, parent, REORDER, () => values, isPermutationOf(ids));
      if (rows === undefined) return missing(reply);
      return answer(reply, { data: rows.map(reordered), has_more: false, total: rows.length });
    },
  );
}

/** `image_view` shows `image` while it has no value of its own. */
export function shown(item: Row): Row {
  item.image_view ??= item.image ?? null;
  return item;
}

function reordered(row: Row & { idx?: number }): Row {
  row.idx = row.place ?? 0;
  row.place = undefined;
  return shown(row);
}

/**
 * Two round trips, as begin goes out with the lock and commit with the change where nothing is left to be judged; else
 * three. Undefined, with nothing written, where there is no such deal or the answer is refused.
 */
async function behindLock(
  pool: pg.Pool,
  workspaceId: string,
  parent: string,
  change: Statement,
  values: (conversionRate: unknown) => unknown[],
  accepts?: (rows: Row[]) => boolean,
): Promise<Row[] | undefined> {
  const client = await pool.connect();
  try {
    const begun = client.query('begin');
    const lock = client.query<{ conversion_rate: unknown }>({ ...LOCK_DEAL, values: [workspaceId, parent] });
    const [, { rows: locked }] = await Promise.all([begun, lock]);
    if (locked[0] === undefined) {
      await client.query('rollback');
      return undefined;
    }
    const changed = client.query<Row>({ ...change, values: values(locked[0].conversion_rate) });
    const ended = accepts === undefined ? client.query('commit') : undefined;
    const [{ rows }] = await Promise.all([changed, ended]);
    const accepted = accepts?.(rows) ?? true;
    if (accepts !== undefined) await client.query(accepted ? 'commit' : 'rollback');
    return accepted ? rows : undefined;
  } finally {
    client.release();
  }
}

function isPermutationOf(ids: readonly string[]): (rows: Row[]) => boolean {
  return (rows) => rows.length === ids.length && rows.every(({ place }) => typeof place === 'number');
}
