import { ApiKeys } from './api-keys.js';
import { Events } from './events.js';
import { Http, type CrmOptions } from './http.js';
import { Opportunities } from './opportunities.js';
import { Pipelines, PipelineStages } from './pipelines.js';
import { Reports } from './reports.js';
import { OrderedChildren } from './resource.js';
import { WebhookEndpoints } from './webhook-endpoints.js';
import { unwrap } from './webhooks.js';

/** The API of the CRM opportunity service. */
export class Crm {
  readonly opportunities: Opportunities;
  readonly items: OrderedChildren<'OpportunityItem', 'OpportunityItems'>;
  readonly lostReasons: OrderedChildren<'OpportunityLostReasonDetail', 'OpportunityLostReasonDetails'>;
  readonly pipelines: Pipelines;
  readonly stages: PipelineStages;
  readonly reports: Reports;
  readonly events: Events;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly keys: ApiKeys;
  readonly webhooks = { unwrap };

  constructor(options: CrmOptions) {
    const http = new Http(options);
    this.opportunities = new Opportunities(http);
    this.items = new OrderedChildren(http, '/api/crm/opportunity-item');
    this.lostReasons = new OrderedChildren(http, '/api/crm/opportunity-lost-reason-detail');
    this.pipelines = new Pipelines(http);
    this.stages = new PipelineStages(http);
    this.reports = new Reports(http);
    this.events = new Events(http);
    this.webhookEndpoints = new WebhookEndpoints(http);
    this.keys = new ApiKeys(http);
  }
}
