import { HttpStatus, Injectable } from '@nestjs/common';
import { ApiException, type Call, type ExpectedVersions, transactOn } from '../../common/index.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import type { LockedOpportunity } from './opportunity.aggregate.js';
import type { LoseOpportunity } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { OpportunityService } from './opportunity.service.js';
import { actionProblem, STATUS_ACTIONS, type StatusAction } from './opportunity.status.js';

/** The guarded ways from one status to another. */
@Injectable()
export class OpportunityActionsService {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly children: OpportunityChildrenService,
  ) {}

  lose(call: Call, id: string, body: LoseOpportunity, expected: ExpectedVersions): Promise<Opportunity> {
    const { lost_reasons, order_lost_reason } = body;
    return this.act('lose', call, id, expected, async (call, locked) => {
      await this.children.setLostReasons(call, locked, lost_reasons);
      return order_lost_reason === undefined ? {} : { order_lost_reason };
    });
  }

  /** Takes back the reasons too. */
  reopen(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.act('reopen', call, id, expected, async (call, locked) => {
      await this.children.setLostReasons(call, locked, []);
      return { order_lost_reason: null };
    });
  }

  convert(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.act('convert', call, id, expected);
  }

  close(call: Call, id: string, expected: ExpectedVersions): Promise<Opportunity> {
    return this.act('close', call, id, expected);
  }

  /** Locks, checks the way, does what else belongs to the action, and sets the status with the changes that it answers. */
  private act(
    action: StatusAction,
    call: Call,
    id: string,
    expected: ExpectedVersions,
    also: (call: Call, locked: LockedOpportunity) => Promise<Partial<Opportunity>> = () => Promise.resolve({}),
  ): Promise<Opportunity> {
    return transactOn(call, id, async (call) => {
      const locked = await this.children.lock(call, id, expected);
      const problem = actionProblem(action, locked.status);
      if (problem !== undefined)
        throw new ApiException(HttpStatus.CONFLICT, { code: 'status_transition_invalid', message: problem });
      const changes = { ...(await also(call, locked)), status: STATUS_ACTIONS[action].to };
      return this.opportunities.rows.update(call, id, changes);
    });
  }
}
