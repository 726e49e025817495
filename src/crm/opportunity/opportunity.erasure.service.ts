import { Injectable } from '@nestjs/common';
import type { Call } from '../../common/call/call.js';
import { resourceMissing } from '../../common/errors/api.exception.js';
import { transact } from '../../common/transactions/transact.js';
import { requireVersion, type ExpectedVersions } from '../../common/versions/versions.js';
import { HistoryService } from '../../history/history.service.js';
import { IdempotencyStore } from '../../idempotency/idempotency.store.js';
import { lockOpportunity } from './opportunity.aggregate.js';
import { OpportunityService } from './opportunity.service.js';

const ERASE = 'delete from opportunity where workspace_id = $1 and id = $2';

/** Erases what the service holds of an opportunity: its rows, the contents of its history, and stored answers that show it. */
@Injectable()
export class OpportunityErasureService {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly histories: HistoryService,
    private readonly answers: IdempotencyStore,
  ) {}

  /** Also for an opportunity that was deleted, or erased already. */
  erase(outer: Call, id: string, expected: ExpectedVersions): Promise<void> {
    return transact(outer, async (call) => {
      // Whoever writes to the opportunity holds its lock, so what they leave is seen by the statements after this one.
      const locked = await lockOpportunity(call, id);
      if (locked !== undefined) requireVersion(locked.version, expected);
      // Not by `Rows`, whose event would keep what is erased here.
      await call.manager.query(ERASE, [call.workspaceId, id]);
      const emptied = await this.histories.erase(call, this.opportunities.rows, id);
      const isDeleted = emptied > 0 && expected === undefined;
      if (locked === undefined && !isDeleted) throw resourceMissing('opportunity', id);
      await this.answers.erase(call, id);
    });
  }
}
