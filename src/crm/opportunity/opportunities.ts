import type { Call, Page } from '../../common/index.js';
import type { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
import type { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import type { Opportunity } from './opportunity.entity.js';

/** Attributes as in a body of the API. Beside those of the service, it takes those that modules add. */
export type OpportunityAttributes = Partial<Omit<Opportunity, 'items' | 'lost_reasons'>> &
  Readonly<Record<string, unknown>>;

/** A deal with its children, all or nothing. */
export type NewOpportunity = OpportunityAttributes & {
  items?: readonly Partial<OpportunityItem>[];
  lost_reasons?: readonly LossReason[];
};

export type LossReason = Partial<OpportunityLostReasonDetail>;

/** Why a deal is lost, as in the body of the action. */
export interface Loss {
  lost_reasons: readonly LossReason[];
  order_lost_reason?: string | null;
}

/** Where a deal goes, as in the body of the action. */
export interface StageMove extends Partial<Loss> {
  /** The key of a stage in the deal's pipeline, or the id of any stage. */
  stage: string;
}

/**
 * Opportunities for other modules, with the rules, events and hooks of the API. Every method joins the transaction of its
 * call, or does its work in one of its own. It throws what the API answers: 400 that names the attribute, 404, 409.
 */
export abstract class Opportunities {
  /** Undefined if there is none with this id. */
  abstract find(call: Call, id: string): Promise<Opportunity | undefined>;

  abstract get(call: Call, id: string): Promise<Opportunity>;

  /** `query` as in the list of the API, for example `{ status: 'Open', 'opportunity_amount[gte]': '1000' }`. */
  abstract list(call: Call, query?: Readonly<Record<string, string>>): Promise<Page<Opportunity>>;

  abstract create(call: Call, values: NewOpportunity): Promise<Opportunity>;

  abstract update(call: Call, id: string, change: OpportunityAttributes): Promise<Opportunity>;

  abstract delete(call: Call, id: string): Promise<void>;

  abstract move(call: Call, id: string, move: StageMove): Promise<Opportunity>;

  abstract convert(call: Call, id: string): Promise<Opportunity>;

  abstract lose(call: Call, id: string, loss: Loss): Promise<Opportunity>;

  abstract close(call: Call, id: string): Promise<Opportunity>;

  abstract reopen(call: Call, id: string): Promise<Opportunity>;
}
