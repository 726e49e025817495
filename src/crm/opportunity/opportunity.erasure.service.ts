import { Injectable } from '@nestjs/common';
import {
  type Call,
  deleted,
  type Deleted,
  type ExpectedVersions,
  requireVersion,
  resourceMissing,
  transact,
  type Versioned,
} from '../../common/index.js';
import { HistoryService } from '../../history/history.service.js';
import { IdempotencyStore } from '../../idempotency/idempotency.store.js';
import { OpportunityService } from './opportunity.service.js';

/** Not by `Table`, whose event would keep what is to be erased. */
const DELETE = `with gone as (delete from opportunity where workspace_id = $1 and id = $2 returning version)
  select version from gone`;

/** Erases what the service holds of an opportunity: its rows, the contents of its history, and stored answers that show it. */
@Injectable()
export class OpportunityErasureService {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly histories: HistoryService,
    private readonly answers: IdempotencyStore,
  ) {}

  /** Also for an opportunity that was deleted, or erased already. */
  erase(outer: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    return transact(outer, async (call) => {
      // First, as it waits for whoever writes to the opportunity: the statements after it see all that they leave.
      const [gone] = await call.manager.query<Versioned[]>(DELETE, [call.workspaceId, id]);
      if (gone !== undefined) requireVersion(gone.version, expected);
      const events = await this.histories.erase(call, this.opportunities.rows, id, gone && gone.version + 1);
      const wasDeleted = events > 0 && expected === undefined;
      if (gone === undefined && !wasDeleted) throw resourceMissing('opportunity', id);
      await this.answers.erase(call, id);
      await this.opportunities.rows.tellErased(call, id);
      return deleted(id);
    });
  }
}
