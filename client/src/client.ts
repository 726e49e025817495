import { ApiKeys } from './api-keys.js';
import { Events } from './events.js';
import { Http } from './http.js';
import { Opportunities } from './opportunities.js';
import { Pipelines } from './pipelines.js';
import { Reports } from './reports.js';
import { OrderedChildren, type DeleteOptions } from './resource.js';
import { WebhookEndpoints } from './webhook-endpoints.js';
import { unwrap } from './webhooks.js';

/** The API of the CRM opportunity service. `request` sends what has no method here, such as the calls of a module. */
export class Crm extends Http {
  readonly opportunities = new Opportunities(this, '/api/crm/opportunity');
  readonly items = new OrderedChildren<'OpportunityItem', 'OpportunityItems'>(this, '/api/crm/opportunity-item');
  readonly lostReasons = new OrderedChildren<'OpportunityLostReasonDetail', 'OpportunityLostReasonDetails'>(
    this,
    '/api/crm/opportunity-lost-reason-detail',
  );
  readonly pipelines = new Pipelines(this, '/api/crm/pipeline');
  readonly stages = new OrderedChildren<'PipelineStage', 'PipelineStages', DeleteOptions>(
    this,
    '/api/crm/pipeline-stage',
  );
  readonly reports = new Reports(this);
  readonly events = new Events(this);
  readonly webhookEndpoints = new WebhookEndpoints(this, '/api/webhook-endpoints');
  readonly keys = new ApiKeys(this, '/api/keys');
  readonly webhooks = { unwrap };
}
