import { HttpStatus, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiException } from '../../common/errors/api.exception.js';
import type { WriteAuthor } from '../../common/events/author.js';
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
    author: WriteAuthor,
    id: string,
    body: LoseOpportunity,
    expected: ExpectedVersions,
    manager?: EntityManager,
  ): Promise<Opportunity> {
    const { lost_reasons, order_lost_reason } = body;
    return this.act('lose', author, id, expected, manager, async (inner, locked) => {
      await this.children.setLostReasons(inner, author, locked, lost_reasons);
      return order_lost_reason === undefined ? {} : { order_lost_reason };
    });
  }

  /** Takes back the reasons too. */
  reopen(author: WriteAuthor, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('reopen', author, id, expected, manager, async (inner, locked) => {
      await this.children.setLostReasons(inner, author, locked, []);
      return { order_lost_reason: null };
    });
  }

  convert(author: WriteAuthor, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('convert', author, id, expected, manager);
  }

  close(author: WriteAuthor, id: string, expected: ExpectedVersions, manager?: EntityManager): Promise<Opportunity> {
    return this.act('close', author, id, expected, manager);
  }

  /** Locks, checks the way, does what else belongs to the action, and sets the status with the changes that it answers. */
  private act(
    action: StatusAction,
    author: WriteAuthor,
    id: string,
    expected: ExpectedVersions,
    manager = this.dataSource.manager,
    also: (manager: EntityManager, locked: LockedOpportunity) => Promise<Partial<Opportunity>> = () =>
      Promise.resolve({}),
  ): Promise<Opportunity> {
    return transact(manager, async (inner) => {
      const locked = await this.children.lock(inner, author.workspaceId, id, expected);
      const problem = actionProblem(action, locked.status);
      if (problem !== undefined)
        throw new ApiException(HttpStatus.CONFLICT, { code: 'status_transition_invalid', message: problem });
      const changes = { ...(await also(inner, locked)), status: STATUS_ACTIONS[action].to };
      return this.opportunities.rows.update(inner, author, id, changes);
    });
  }
}
