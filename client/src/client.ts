import { ApiKeys } from './api-keys.js';
import { Http, type CrmOptions } from './http.js';
import { Opportunities } from './opportunities.js';
import { OrderedChildren } from './resource.js';
import { unwrap } from './webhooks.js';

/** The API of the CRM opportunity service. */
export class Crm {
  readonly opportunities: Opportunities;
  readonly items: OrderedChildren<'OpportunityItem', 'OpportunityItems'>;
  readonly lostReasons: OrderedChildren<'OpportunityLostReasonDetail', 'OpportunityLostReasonDetails'>;
  readonly keys: ApiKeys;
  readonly webhooks = { unwrap };

  constructor(options: CrmOptions) {
    const http = new Http(options);
    this.opportunities = new Opportunities(http);
    this.items = new OrderedChildren(http, '/api/crm/opportunity-item');
    this.lostReasons = new OrderedChildren(http, '/api/crm/opportunity-lost-reason-detail');
    this.keys = new ApiKeys(http);
  }
}
