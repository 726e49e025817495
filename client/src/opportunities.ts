import type { RequestOptions } from './http.js';
import type { Body, Result } from './operations.js';
import { Resource } from './resource.js';

export class Opportunities extends Resource<'Opportunity', 'Opportunities'> {
  readonly convert = this.action<'convertOpportunity'>('POST', '/convert');
  readonly close = this.action<'closeOpportunity'>('POST', '/close');
  readonly reopen = this.action<'reopenOpportunity'>('POST', '/reopen');
  readonly lose = this.actionWith<'loseOpportunity'>('POST', '/lose');
  /** Moves the deal to a stage, by its key or id. */
  readonly move = this.actionWith<'moveOpportunity'>('POST', '/move');
  readonly erase = this.action<'eraseOpportunity'>('POST', '/erase');
  /** Makes the line items those of the body: it changes, adds, deletes and reorders them. */
  readonly replaceItems = this.actionWith<'replaceOpportunityItems'>('PUT', '/items');
  /** Makes the lost reasons those of the body. */
  readonly replaceLostReasons = this.actionWith<'replaceOpportunityLostReasons'>('PUT', '/lost-reasons');
  /** When the deal was in which stage, oldest first. */
  readonly stages = this.action<'listOpportunityStages'>('GET', '/stages');
  /** Counts, sums and averages of deals in groups. */
  readonly aggregate = this.report<'aggregateOpportunities'>('/aggregate');
  /** Who changed what, newest first. */
  readonly history = this.listOf<'listOpportunityHistory'>('/history');

  batch(body: Body<'batchOpportunities'>, options?: RequestOptions): Promise<Result<'batchOpportunities'>> {
    return this.http.request('POST', `${this.path}/batch`, { ...options, body });
  }
}
