import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiResource, CurrentCall, Idempotent, RequireScope, type Call, type IdempotentRun } from '../common/index.js';
import { Sequencer } from '../events/sequencer.js';
import { DeliveryList, DeliveryQuery, DeliveryView } from './webhook-delivery.dto.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { Replayed, ReplayEvents } from './webhook-endpoint.dto.js';
import { ApiWebhookOperation } from './webhook.docs.js';

const LISTED = 'Deliveries with their attempts, newest first. They are kept for 30 days after they end.';
const RETRIEVED = 'The delivery with its last 20 attempts.';
const RESENT =
  'Works for every status of the delivery, but not while the endpoint is disabled. An attempt starts at once, or after the one of the delivery that is under way, and the schedule starts anew.';
const REPLAYED = 'Sends up to 10 000 events again, oldest first. It does not touch deliveries that are under way.';

@Controller('api/webhook-endpoints/:id')
@ApiResource('Webhook Endpoint')
@RequireScope('admin')
export class WebhookDeliveryController {
  constructor(
    private readonly deliveries: WebhookDeliveriesService,
    private readonly sequencer: Sequencer,
  ) {}

  @Get('deliveries')
  @ApiWebhookOperation('listWebhookDeliveries', 'List the deliveries of a webhook endpoint', LISTED, DeliveryList)
  list(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: DeliveryQuery) {
    return this.deliveries.list(call, id, query);
  }

  @Get('deliveries/:delivery_id')
  @ApiWebhookOperation('retrieveWebhookDelivery', 'Retrieve a delivery', RETRIEVED, DeliveryView, {
    isOfDelivery: true,
  })
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Param('delivery_id') deliveryId: string) {
    return this.deliveries.retrieve(call, id, deliveryId);
  }

  @Post('deliveries/:delivery_id/resend')
  @ApiWebhookOperation('resendWebhookDelivery', 'Send a delivery again', RESENT, DeliveryView, {
    isOfDelivery: true,
    takesKey: true,
  })
  resend(@Param('id') id: string, @Param('delivery_id') deliveryId: string, @Idempotent() run: IdempotentRun) {
    return run((call) => this.deliveries.resend(call, id, deliveryId));
  }

  @Post('replay')
  @ApiWebhookOperation('replayWebhookEvents', 'Send past events again', REPLAYED, Replayed, { takesKey: true })
  async replay(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: ReplayEvents,
    @Idempotent() run: IdempotentRun,
  ) {
    const errors = this.deliveries.errorsIn(body);
    if (errors.exception === undefined) await this.sequencer.caughtUp(call.workspaceId);
    return run((call) => this.deliveries.replay(call, id, body, errors));
  }
}
