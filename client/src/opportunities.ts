import type { Http, RequestOptions } from './http.js';
import type { List } from './list.js';
import type { Body, Item, Query, Result } from './operations.js';
import { Resource } from './resource.js';

export class Opportunities extends Resource<'Opportunity', 'Opportunities'> {
  constructor(http: Http) {
    super(http, '/api/crm/opportunity');
  }

  convert(id: string, options?: RequestOptions): Promise<Result<'convertOpportunity'>> {
    return this.action<'convertOpportunity'>(id, '/convert', undefined, options);
  }

  close(id: string, options?: RequestOptions): Promise<Result<'closeOpportunity'>> {
    return this.action<'closeOpportunity'>(id, '/close', undefined, options);
  }

  reopen(id: string, options?: RequestOptions): Promise<Result<'reopenOpportunity'>> {
    return this.action<'reopenOpportunity'>(id, '/reopen', undefined, options);
  }

  lose(id: string, body: Body<'loseOpportunity'>, options?: RequestOptions): Promise<Result<'loseOpportunity'>> {
    return this.action<'loseOpportunity'>(id, '/lose', body, options);
  }

  /** Moves the deal to a stage, by its key or id. */
  move(id: string, body: Body<'moveOpportunity'>, options?: RequestOptions): Promise<Result<'moveOpportunity'>> {
    return this.action<'moveOpportunity'>(id, '/move', body, options);
  }

  erase(id: string, options?: RequestOptions): Promise<Result<'eraseOpportunity'>> {
    return this.action<'eraseOpportunity'>(id, '/erase', undefined, options);
  }

  batch(body: Body<'batchOpportunities'>, options?: RequestOptions): Promise<Result<'batchOpportunities'>> {
    return this.http.request('POST', `${this.path}/batch`, { ...options, body });
  }

  /** Makes the line items those of the body: it changes, adds, deletes and reorders them. */
  replaceItems(
    id: string,
    body: Body<'replaceOpportunityItems'>,
    options?: RequestOptions,
  ): Promise<Result<'replaceOpportunityItems'>> {
    return this.http.request('PUT', this.pathOf(id, '/items'), { ...options, body });
  }

  /** Makes the lost reasons those of the body. */
  replaceLostReasons(
    id: string,
    body: Body<'replaceOpportunityLostReasons'>,
    options?: RequestOptions,
  ): Promise<Result<'replaceOpportunityLostReasons'>> {
    return this.http.request('PUT', this.pathOf(id, '/lost-reasons'), { ...options, body });
  }

  /** When the deal was in which stage, oldest first. */
  stages(id: string, options?: RequestOptions): Promise<Result<'listOpportunityStages'>> {
    return this.http.request('GET', this.pathOf(id, '/stages'), options);
  }

  /** Counts, sums and averages of deals in groups. */
  aggregate(
    query?: Query<'aggregateOpportunities'>,
    options?: RequestOptions,
  ): Promise<Result<'aggregateOpportunities'>> {
    return this.http.request('GET', `${this.path}/aggregate`, { ...options, query });
  }

  /** Who changed what, newest first. */
  history(
    id: string,
    query?: Query<'listOpportunityHistory'>,
    options?: RequestOptions,
  ): List<Item<'listOpportunityHistory'>> {
    return this.pages<'listOpportunityHistory'>(this.pathOf(id, '/history'), query, 'offset', options);
  }
}
