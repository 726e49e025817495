import { createHash } from 'node:crypto';
import type pg from 'pg';
import { FIND_KEY } from './statements.js';

const MEMO_MS = 1000;

export interface Caller {
  workspaceId: string;
  keyId: string;
  scopes: string[];
}

/** Looks keys up by their hash, and remembers each for a second, as a revoked one has to stop. */
export class Keys {
  private readonly memo = new Map<string, { caller: Caller; until: number }>();

  constructor(private readonly pool: pg.Pool) {}

  /** At once where it is remembered. */
  find(authorization: string | undefined): Caller | Promise<Caller | undefined> | undefined {
    if (authorization?.startsWith('Bearer ') !== true) return undefined;
    const hash = createHash('sha256').update(authorization.slice(7)).digest('hex');
    const known = this.memo.get(hash);
    return known !== undefined && known.until > performance.now() ? known.caller : this.look(hash);
  }

  private async look(hash: string): Promise<Caller | undefined> {
    const { rows } = await this.pool.query<{ workspace_id: string; id: string; scopes: string[] }>({
      ...FIND_KEY,
      values: [hash],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const caller = { workspaceId: row.workspace_id, keyId: row.id, scopes: row.scopes };
    this.memo.set(hash, { caller, until: performance.now() + MEMO_MS });
    return caller;
  }
}
