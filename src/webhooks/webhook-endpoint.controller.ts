import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiAction,
  ApiCreate,
  ApiDelete,
  ApiList,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
  CurrentCall,
  Idempotent,
  IfMatch,
  RequireScope,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../common/index.js';
import { ExtendRouteConfig } from '../common/routes/extend-route-config.js';
import { Attempt } from './webhook-delivery.dto.js';
import {
  CreateWebhookEndpoint,
  RotateSecret,
  UpdateWebhookEndpoint,
  WebhookEndpointList,
  WebhookEndpointListQuery,
  WebhookEndpointQuery,
  WebhookEndpointWithSecret,
} from './webhook-endpoint.dto.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';
import { Sequencer } from '../events/sequencer.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';
import { ApiWebhookOperation } from './webhook.docs.js';

/** As long as an attempt may take. */
const PING_MS = 16_000;

const LISTED = 'Endpoints, newest first unless `sort` says otherwise. Secrets are never shown.';
const CREATED = 'A workspace can have 50 endpoints. To test an endpoint, use `ping`.';
const DELETED = 'Deletes its deliveries, too. An attempt that is under way may still arrive.';
const ROTATED =
  'Returns the new secret. For `expire_old_after_s` seconds the old secret signs, too, so that receivers have time to change. At most two old secrets sign at the same time.';
const PINGED =
  'Sends one request now, also to a disabled endpoint, and returns the outcome. The service does not repeat it.';

@Controller('api/webhook-endpoints')
@ApiResource('Webhook Endpoint')
@RequireScope('admin')
export class WebhookEndpointController {
  constructor(
    private readonly endpoints: WebhookEndpointsService,
    private readonly sequencer: Sequencer,
  ) {}

  @Get()
  @ApiList('listWebhookEndpoints', 'List the webhook endpoints', WebhookEndpointList, LISTED)
  list(@CurrentCall() call: Call, @Query() query: WebhookEndpointListQuery) {
    return this.endpoints.list(call, query);
  }

  @Post()
  @ApiCreate('createWebhookEndpoint', 'Create a webhook endpoint', WebhookEndpointWithSecret, CREATED)
  async create(
    @CurrentCall() call: Call,
    @Body() body: CreateWebhookEndpoint,
    @Idempotent('secret') run: IdempotentRun,
  ) {
    const errors = await this.endpoints.errorsIn(body);
    // Earlier events get their numbers before there is the endpoint, and so no delivery to it.
    if (errors.exception === undefined) await this.sequencer.caughtUp(call.workspaceId);
    return run((call) => this.endpoints.create(call, body, errors));
  }

  @Get(':id')
  @ApiRetrieve('retrieveWebhookEndpoint', 'Retrieve a webhook endpoint', WebhookEndpoint)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: WebhookEndpointQuery) {
    return this.endpoints.retrieve(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updateWebhookEndpoint', 'Update a webhook endpoint', WebhookEndpoint)
  async update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateWebhookEndpoint,
    @IfMatch() expected: ExpectedVersions,
  ) {
    (await this.endpoints.errorsIn(body)).refuse();
    // Earlier events are judged by the endpoint as it was; those of a pause are skipped before it ends.
    await this.sequencer.caughtUp(call.workspaceId);
    return this.endpoints.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteWebhookEndpoint', 'Delete a webhook endpoint', DELETED)
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.endpoints.remove(call, id, expected);
  }

  @Post(':id/rotate-secret')
  @ApiAction('rotateWebhookSecret', 'Replace the secret of a webhook endpoint', WebhookEndpointWithSecret, ROTATED)
  rotate(
    @Param('id') id: string,
    @Body() body: RotateSecret,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent('secret') run: IdempotentRun,
  ) {
    return run((call) => this.endpoints.rotate(call, id, body, expected));
  }

  @Post(':id/ping')
  @ExtendRouteConfig({ extraMs: () => PING_MS })
  @ApiWebhookOperation('pingWebhookEndpoint', 'Send a ping to a webhook endpoint', PINGED, Attempt)
  ping(@CurrentCall() call: Call, @Param('id') id: string) {
    return this.endpoints.ping(call, id);
  }
}
