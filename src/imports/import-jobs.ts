import type { DataSource, EntityManager } from 'typeorm';
import { Deadline, type BudgetedDatabase } from '../common/call/deadline.js';
import { newId } from '../common/ids/id.js';
import type { Call } from '../common/index.js';
import type { StoredImport, ImportError, ImportStatus } from './import.entity.js';
import { storableJson } from './storable.js';

/* The statements by which processes share the work on imports. A lease says who works on one, and until when nobody else does. */

/** Who has not been heard of for so long is dead. */
const LEASE_S = 10;

/** One import of a workspace at a time, in their order. */
const TURN = `turn as (select distinct on (workspace_id) workspace_id, id from import
    where due_at is not null order by workspace_id, due_at, id)`;

/** Of several workspaces, the one that has waited longest: since it was due, or since its last lease ended. */
export const CLAIM = `with ${TURN},
  free as (select i.workspace_id, i.id from turn join import i using (workspace_id, id)
    where i.leased_until is null or i.leased_until < now() order by greatest(i.due_at, i.leased_until) limit 1)
  update import i set lease = $1, leased_until = now() + interval '${LEASE_S} seconds' from free
  where i.workspace_id = free.workspace_id and i.id = free.id and i.due_at is not null
    and (i.leased_until is null or i.leased_until < now()) returning i.*`;

const KEPT = `leased_until = now() + interval '${LEASE_S} seconds'`;

const RENEW = `update import set ${KEPT}
  where workspace_id = $1 and id = $2 and lease = $3`;
/** The end of the lease stays, as the place in the order of those that wait. */
const RELEASE =
  'update import set lease = null, leased_until = now() where workspace_id = $1 and id = $2 and lease = $3';
const IS_AWAITED = `with ${TURN}
  select from turn join import i using (workspace_id, id) where i.leased_until is null or i.leased_until < now() limit 1`;
const AGAIN = 'select * from import where workspace_id = $1 and id = $2 and lease = $3';

/** The import was cancelled, or another process has it. */
export class LeaseLostError extends Error {}

/** An import that this process works on. */
export class ImportJob {
  private constructor(
    readonly lease: string,
    private readonly dataSource: DataSource,
    /** As it was when it was last read, and with what was recorded since. */
    public row: StoredImport,
    readonly deadline: Deadline,
  ) {}

  /** Takes one that is due, if there is any. */
  static async claim(dataSource: DataSource): Promise<ImportJob | undefined> {
    const lease = newId('lease');
    const [rows] = await dataSource.query<[StoredImport[], number]>(CLAIM, [lease]);
    const [row] = rows;
    return row && new ImportJob(lease, dataSource, row, new Deadline(Infinity));
  }

  /** The work counts as the workspace's own. */
  get call(): Call {
    const { workspace_id: workspaceId, key_id, request_id } = this.row;
    const { deadline } = this;
    const manager = (this.dataSource as unknown as BudgetedDatabase).managerFor({ workspaceId, deadline });
    return { workspaceId, keyId: key_id ?? '', requestId: request_id ?? '', manager };
  }

  async reload(): Promise<void> {
    const { manager } = this.dataSource;
    const [row] = await manager.query<StoredImport[]>(AGAIN, this.key);
    if (row === undefined) throw new LeaseLostError();
    this.row = row;
  }

  async renew(): Promise<void> {
    await this.dataSource.manager.query(RENEW, this.key);
  }

  async release(): Promise<void> {
    await this.dataSource.manager.query(RELEASE, this.key);
  }

  /** Does an import of another workspace wait for a process that works on it? */
  async isAwaited(): Promise<boolean> {
    return (await this.dataSource.manager.query<object[]>(IS_AWAITED)).length > 0;
  }

  /**
   * Records how far the work has come, and answers the import as it then is. Throws if it is no longer this process's. Once
   * the transaction is over, it is for the caller to keep as `row`.
   */
  async record(manager: EntityManager, changes: Partial<StoredImport>, lease = KEPT): Promise<StoredImport> {
    const names = Object.keys(changes);
    const set = names.map((name, index) => `${name} = $${index + 5}`);
    const text = `update import set ${[...set, lease].join(', ')}
      where workspace_id = $1 and id = $2 and lease = $3 and status = $4 returning *`;
    const values = Object.values(changes).map((value: unknown) =>
      typeof value === 'object' && value !== null ? storableJson(value) : value,
    );
    const [rows] = await manager.query<[StoredImport[], number]>(text, [...this.key, this.row.status, ...values]);
    if (rows[0] === undefined) throw new LeaseLostError();
    return rows[0];
  }

  /** Records the last step: nobody has to work on it any more. */
  end(manager: EntityManager, changes: Partial<StoredImport>, keptDays?: number): Promise<StoredImport> {
    const ended =
      keptDays === undefined ? '' : `, finished_at = now(), expires_at = now() + interval '${keptDays} days'`;
    return this.record(manager, changes, `due_at = null, lease = null, leased_until = null${ended}`);
  }

  fail(manager: EntityManager, error: ImportError, keptDays: number): Promise<StoredImport> {
    return this.end(manager, { status: 'failed' satisfies ImportStatus, error }, keptDays);
  }

  private get key(): [string, string, string] {
    return [this.row.workspace_id, this.row.id, this.lease];
  }
}
