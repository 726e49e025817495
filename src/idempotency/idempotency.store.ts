import { Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { idsIn } from '../common/ids/id.js';

/** What a POST answered. */
export interface StoredAnswer {
  fingerprint: string;
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** How long an answer is given again; later it is deleted by `src/retention`. */
export const ANSWERS_KEPT_HOURS = 24;

/** The statements on stored answers; each runs in the transaction of the write it belongs to. */
@Injectable()
export class IdempotencyStore {
  /** Holds the key until the transaction ends; false while another request holds it. */
  async claim(call: Call, key: string): Promise<boolean> {
    const text = `select pg_try_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0)) as claimed`;
    const [row] = await call.manager.query<{ claimed: boolean }[]>(text, [call.workspaceId, key]);
    return row?.claimed === true;
  }

  async find(call: Call, key: string): Promise<StoredAnswer | undefined> {
    const text = `select fingerprint, status, headers, body from idempotency_key
      where workspace_id = $1 and key = $2 and created_at > now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'`;
    const [row] = await call.manager.query<StoredAnswer[]>(text, [call.workspaceId, key]);
    return row;
  }

  async keep(call: Call, key: string, answer: StoredAnswer): Promise<void> {
    const text = `insert into idempotency_key (workspace_id, key, fingerprint, status, headers, body, object_ids)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (workspace_id, key) do update set fingerprint = excluded.fingerprint, status = excluded.status,
        headers = excluded.headers, body = excluded.body, object_ids = excluded.object_ids, created_at = excluded.created_at`;
    const { fingerprint, status, headers, body } = answer;
    const stored = [fingerprint, status, JSON.stringify(headers), body, idsIn(body)];
    await call.manager.query(text, [call.workspaceId, key, ...stored]);
  }

  /** Empties the answers that mention the object. Their keys stay used, so that no repetition brings back what was erased. */
  async erase(call: Call, id: string): Promise<void> {
    const text = `update idempotency_key set fingerprint = '', headers = '{}', body = '', object_ids = '{}'
      where workspace_id = $1 and object_ids @> array[$2]`;
    await call.manager.query(text, [call.workspaceId, id]);
  }
}
