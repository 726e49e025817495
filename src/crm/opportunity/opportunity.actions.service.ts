import { HttpStatus, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiException } from '../../common/errors/api.exception.js';
import { transact } from '../../common/transactions/transact.js';
import type { ExpectedVersions } from '../../common/versions/versions.js';
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
    private readonly dataSource: DataSource,
    private readonly opportunities: OpportunityService,
    private readonly children: OpportunityChildrenService,
  ) {}

  lose(
    workspaceId: string,
    id: string,
    body: LoseOpportunity,
    expected: ExpectedVersions,
    manager?: EntityManager,
  ): Promise<Opportunity> {
    const { lost_reasons, order_lost_reason } = body;
    return this.act('lose', workspaceId, id, expected, manager, async (inner, locked) => {
      await this.children.setLostReasons(inner, workspaceId, locked, lost_reasons);
      return order_lost_reason === undefined ? {} : { order_lost_reason };
    });
  }

  /** Takes back the reasons too. */
  reopen(workspaceId: string, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('reopen', workspaceId, id, expected, manager, async (inner, locked) => {
      await this.children.setLostReasons(inner, workspaceId, locked, []);
      return { order_lost_reason: null };
    });
  }

  convert(workspaceId: string, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('convert', workspaceId, id, expected, manager);
  }

  close(workspaceId: string, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('close', workspaceId, id, expected, manager);
  }

  /** Locks, checks the way, does what else belongs to the action, and sets the status with the changes that it answers. */
  private act(
    action: StatusAction,
    workspaceId: string,
    id: string,
    expected: ExpectedVersions,
    manager = this.dataSource.manager,
    also: (manager: EntityManager, locked: LockedOpportunity) => Promise<Partial<Opportunity>> = () =>
      Promise.resolve({}),
  ): Promise<Opportunity> {
    return transact(manager, async (inner) => {
      const locked = await this.children.lock(inner, workspaceId, id, expected);
      const problem = actionProblem(action, locked.status);
      if (problem !== undefined)
        throw new ApiException(HttpStatus.CONFLICT, { code: 'status_transition_invalid', message: problem });
      const changes = { ...(await also(inner, locked)), status: STATUS_ACTIONS[action].to };
      return this.opportunities.rows.update(inner, workspaceId, id, changes);
    });
  }
}
