import type { RequestOptions } from './http.js';
import type { Query } from './operations.js';
import { Resource } from './resource.js';

export class Opportunities extends Resource<'Opportunity', 'Opportunities'> {
  /** Creates the deal with this `external_id`, or changes it. */
  readonly put = this.actionWith<'putOpportunity'>('PUT', '/by-external-id/{id}');
  readonly convert = this.action<'convertOpportunity'>('POST', '/{id}/convert');
  readonly close = this.action<'closeOpportunity'>('POST', '/{id}/close');
  readonly reopen = this.action<'reopenOpportunity'>('POST', '/{id}/reopen');
  readonly lose = this.actionWith<'loseOpportunity'>('POST', '/{id}/lose');
  /** Moves the deal to a stage, by its key or id. */
  readonly move = this.actionWith<'moveOpportunity'>('POST', '/{id}/move');
  readonly erase = this.action<'eraseOpportunity'>('POST', '/{id}/erase');
  /** Makes the line items those of the body: it changes, adds, deletes and reorders them. */
  readonly replaceItems = this.actionWith<'replaceOpportunityItems'>('PUT', '/{id}/items');
  /** Makes the lost reasons those of the body. */
  readonly replaceLostReasons = this.actionWith<'replaceOpportunityLostReasons'>('PUT', '/{id}/lost-reasons');
  /** When the deal was in which stage, oldest first. */
  readonly stages = this.action<'listOpportunityStages'>('GET', '/{id}/stages');
  /** Who changed what, newest first. */
  readonly history = this.listOf<'listOpportunityHistory'>('/{id}/history');
  /** Counts, sums and averages of deals in groups. */
  readonly aggregate = this.read<'aggregateOpportunities'>('/aggregate');
  readonly batch = this.post<'batchOpportunities'>('/batch');

  /** The deals of a filter as a file of CSV or JSON lines. */
  export(query?: Query<'exportOpportunities'>, options?: RequestOptions): Promise<Response> {
    return this.http.download(`${this.path}/export`, { ...options, query });
  }
}
