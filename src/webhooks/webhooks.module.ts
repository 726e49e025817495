import { ServiceModule } from '../common/index.js';
import { OpportunityModule } from '../crm/opportunity/opportunity.module.js';
import { EventsModule } from '../events/events.module.js';
import { Webhooks1796200000002 } from './1796200000002-webhooks.js';
import { WebhookLeases1796700000000 } from './1796700000000-webhook-leases.js';
import { WaitingDeliveries1796950000000 } from './1796950000000-waiting-deliveries.js';
import { WaitingDeliveriesIndex1796950000001 } from './1796950000001-waiting-deliveries-index.js';
import { Dispatcher } from './dispatcher.js';
import { DeliveryQueue } from './queue.js';
import { Sender } from './sender.js';
import { Subjects } from './subjects.js';
import { Targets } from './target.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookDeliveryController } from './webhook-delivery.controller.js';
import { QueuedDelivery } from './webhook-delivery.entity.js';
import { WebhookEndpointController } from './webhook-endpoint.controller.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

/** Sends events to the endpoints of those who want to be told. */
@ServiceModule({
  name: 'webhooks',
  entities: [WebhookEndpoint, QueuedDelivery],
  migrations: [
    Webhooks1796200000002,
    WebhookLeases1796700000000,
    WaitingDeliveries1796950000000,
    WaitingDeliveriesIndex1796950000001,
  ],
  tags: { 'Webhook Endpoint': 'Addresses to which the service sends events, and the outcome of each delivery.' },
  imports: [EventsModule, OpportunityModule],
  controllers: [WebhookEndpointController, WebhookDeliveryController],
  providers: [
    ...[Targets, Sender, Subjects, DeliveryQueue, Dispatcher],
    ...[WebhookEndpointsService, WebhookDeliveriesService],
  ],
})
export class WebhooksModule {}
