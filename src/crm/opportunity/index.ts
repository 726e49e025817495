/* What modules from outside know of opportunities. It is made of the entities alone, which they may still extend. */

export { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
export { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
export * from './opportunities.js';
export { Opportunity } from './opportunity.entity.js';
export * from './opportunity.status.js';
