import { ApiKeys } from './api-keys.js';
import { Events } from './events.js';
import { Http, type CrmOptions } from './http.js';
import { Opportunities } from './opportunities.js';
import { Pipelines, PipelineStages } from './pipelines.js';
import { OrderedChildren } from './resource.js';
import { unwrap } from './webhooks.js';

/** The API of the CRM opportunity service. */
export class Crm {
  readonly opportunities: Opportunities;
  readonly items: OrderedChildren<'OpportunityItem', 'OpportunityItems'>;
  readonly lostReasons: OrderedChildren<'OpportunityLostReasonDetail', 'OpportunityLostReasonDetails'>;
  readonly pipelines: Pipelines;
  readonly stages: PipelineStages;
  readonly keys: ApiKeys;
  readonly events: Events;
  readonly webhooks = { unwrap };

  constructor(options: CrmOptions) {
    const http = new Http(options);
    this.opportunities = new Opportunities(http);
    this.items = new OrderedChildren(http, '/api/crm/opportunity-item');
    this.lostReasons = new OrderedChildren(http, '/api/crm/opportunity-lost-reason-detail');
    this.pipelines = new Pipelines(http);
    this.stages = new PipelineStages(http);
    this.events = new Events(http);
    this.keys = new ApiKeys(http);
  }
}
