import { ApiKeys } from './api-keys.js';
import { Events } from './events.js';
import { Http } from './http.js';
import { Imports } from './imports.js';
import { Opportunities } from './opportunities.js';
import { Pipelines } from './pipelines.js';
import { Reports } from './reports.js';
import { OrderedChildren } from './resource.js';
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
  readonly stages = new OrderedChildren<'PipelineStage', 'PipelineStages'>(this, '/api/crm/pipeline-stage');
  readonly reports = new Reports(this, '/api/crm/reports');
  readonly events = new Events(this, '/api/events');
  readonly imports = new Imports(this, '/api/imports');
  readonly webhookEndpoints = new WebhookEndpoints(this, '/api/webhook-endpoints');
  readonly keys = new ApiKeys(this, '/api/keys');
  /** Checks a delivery and reads its event with the parser of this client. */
  readonly webhooks: { unwrap: typeof unwrap } = {
    unwrap: (body, headers, secret, options) => unwrap(body, headers, secret, { parse: this.json.parse, ...options }),
  };
}
