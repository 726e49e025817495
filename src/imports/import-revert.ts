import { Inject, Injectable } from '@nestjs/common';
import { type Call, transact } from '../common/index.js';
import { CONFIG, type Config } from '../config/config.js';
import { OpportunityService } from '../crm/opportunity/opportunity.service.js';
import { lockPipelines } from '../crm/pipeline/pipeline.aggregate.js';
import type { ImportJob } from './import-jobs.js';
import type { StoredImport } from './import.entity.js';

const MOST_ROWS = 250;

const NEXT = `select line, opportunity_id as id, version from import_row
  where workspace_id = $1 and import_id = $2 and is_run and line > $3 and outcome = 'created' and reverted is null
  order by line limit ${MOST_ROWS}`;

const SAME =
  'select id from opportunity where workspace_id = $1 and (id, version) in (select * from unnest($2::text[], $3::integer[]))';

const MARK = `update import_row set reverted = opportunity_id = any($3)
  where workspace_id = $1 and import_id = $2 and is_run and line = any($4)`;

const OF_IMPORT = "select set_config('crm.import_id', $1, true)";

interface CreatedRow {
  line: number;
  id: string;
  version: number;
}

/** Deletes the deals that an import has created and nobody has changed since. */
@Injectable()
export class ImportRevert {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async revert(job: ImportJob, goOn: () => Promise<void>): Promise<void> {
    for (let last = 0; job.row.status !== 'reverted';) {
      await goOn();
      const { row, line } = await transact(job.call, (call) => this.step(call, job, last));
      [job.row, last] = [row, line];
    }
  }

  /** Goes on behind a line, so that no step goes through what those before it have done. */
  private async step(call: Call, job: ImportJob, last: number): Promise<{ row: StoredImport; line: number }> {
    const { row } = job;
    await call.manager.query(OF_IMPORT, [row.id]);
    const created = await call.manager.query<CreatedRow[]>(NEXT, [call.workspaceId, row.id, last]);
    const ids = created.map(({ id }) => id);
    await lockPipelines(call);
    await this.opportunities.rows.lock(call, ids);
    const versions = created.map(({ version }) => version);
    const same = await call.manager.query<{ id: string }[]>(SAME, [call.workspaceId, ids, versions]);
    const gone = await this.opportunities.rows.deleteMany(
      call,
      same.map(({ id }) => id),
    );
    const lines = created.map(({ line }) => line);
    await call.manager.query(MARK, [call.workspaceId, row.id, gone, lines]);
    const { deleted = 0, kept = 0 } = row.revert ?? {};
    const revert = { deleted: deleted + gone.length, kept: kept + created.length - gone.length };
    const isDone = created.length < MOST_ROWS;
    const recorded = isDone
      ? job.end(call.manager, { revert, status: 'reverted' }, this.config.IMPORT_RETENTION_DAYS)
      : job.record(call.manager, { revert });
    return { row: await recorded, line: lines.at(-1) ?? last };
  }
}
