import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { answerObject, missing, type Row } from './answers.js';
import { LOCK_DEAL_FOR_STAGE, LOCK_PIPELINES, MOVE } from './statements.js';

interface Move {
  Params: { id: string };
  Body: { stage: string };
}

/** Two round trips: the stages must not change between the two, and the deal is read behind its lock. */
export function serveMoves(app: FastifyInstance, pool: pg.Pool): void {
  app.post<Move>('/api/crm/opportunity/:id/move', async ({ workspaceId, keyId, id: request, params, body }, reply) => {
    const client = await pool.connect();
    try {
      const begun = client.query('begin');
      const alone = client.query({ ...LOCK_PIPELINES, values: [workspaceId] });
      const lock = client.query<{ id: string; probability: unknown }>({
        ...LOCK_DEAL_FOR_STAGE,
        values: [workspaceId, params.id, body.stage],
      });
      const [, , { rows: found }] = await Promise.all([begun, alone, lock]);
      const [stage] = found;
      const values = [workspaceId, params.id, keyId, request, body.stage, stage?.id, stage?.probability];
      const moved = stage && client.query<Row>({ ...MOVE, values });
      const [result] = await Promise.all([moved, client.query(stage === undefined ? 'rollback' : 'commit')]);
      const row = result?.rows[0];
      return await (row === undefined ? missing(reply) : answerObject(reply, row));
    } finally {
      client.release();
    }
  });
}
