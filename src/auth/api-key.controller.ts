import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import {
  ApiAction,
  ApiCreate,
  ApiDelete,
  ApiHistory,
  ApiList,
  ApiResource,
  ApiRetrieve,
} from '../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../common/docs/deleted.js';
import type { Call } from '../common/call/call.js';
import { CurrentCall } from '../common/call/current-call.decorator.js';
import type { Page } from '../common/list/page.js';
import { Idempotent, type IdempotentRun } from '../common/transactions/idempotent.decorator.js';
import { IfMatch, type ExpectedVersions } from '../common/versions/versions.js';
import { EventList, HistoryQuery, type EventView } from '../history/history.dto.js';
import { RequireScope } from './access.js';
import {
  ApiKeyList,
  ApiKeyListQuery,
  ApiKeyQuery,
  ApiKeyWithSecret,
  CreateApiKey,
  RotateApiKey,
} from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { createExample, rotateExample } from './api-key.examples.js';
import { ApiKeysService } from './api-keys.service.js';

const LISTED = 'Those that are not revoked, newest first unless `sort` says otherwise. Never with a secret.';
const CREATED =
  'A key gives only what it has: the new key neither lasts longer nor has a higher limit. ' +
  'At most `MAX_KEYS` keys of a workspace work at the same time.';
const REVOKED =
  'It stops working within a second. A key with the scope `admin` can be revoked only if another one lasts as long.';
const ROTATED =
  'Answers a new key with the same name, scopes and limit. It lives as long as the old key was to live, but not longer ' +
  'than the key that asks. The old key works on for `overlap_seconds`. A key is rotated once; afterwards rotate its ' +
  'successor.';

@Controller('api/keys')
@ApiResource('API Key')
@RequireScope('admin')
export class ApiKeyController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get()
  @ApiList('listApiKeys', 'List the keys of the workspace', ApiKeyList, LISTED)
  list(@CurrentCall() call: Call, @Query() query: ApiKeyListQuery): Promise<Page<ApiKey>> {
    return this.keys.list(call, query);
  }

  @Post()
  @ApiCreate('createApiKey', 'Create a key', ApiKeyWithSecret, CreateApiKey, createExample, CREATED)
  create(@Body() body: CreateApiKey, @Idempotent('secret') run: IdempotentRun): Promise<ApiKeyWithSecret> {
    return run((call) => this.keys.create(call, body));
  }

  @Get(':id')
  @ApiRetrieve('retrieveApiKey', 'Retrieve a key', ApiKey)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: ApiKeyQuery): Promise<ApiKey> {
    return this.keys.retrieve(call, id, query);
  }

  @Get(':id/history')
  @ApiHistory(
    'listApiKeyHistory',
    'List the changes of a key',
    EventList,
    'Newest first: who created, rotated and revoked it. Keys of the command line have no such events.',
  )
  history(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: HistoryQuery): Promise<Page<EventView>> {
    return this.keys.history(call, id, query);
  }

  @Delete(':id')
  @ApiDelete('revokeApiKey', 'Revoke a key', REVOKED)
  async revoke(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.keys.revoke(call, id, expected);
    return deleted(id);
  }

  @Post(':id/rotate')
  @ApiAction('rotateApiKey', 'Replace a key', ROTATED, ApiKeyWithSecret, {
    body: RotateApiKey,
    example: rotateExample,
    optional: true,
  })
  rotate(
    @Param('id') id: string,
    @Body() { overlap_seconds }: RotateApiKey,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent('secret') run: IdempotentRun,
  ): Promise<ApiKeyWithSecret> {
    const overlap = (overlap_seconds ?? RotateApiKey.defaultOverlap) * 1000;
    return run((call) => this.keys.rotate(call, id, overlap, expected));
  }
}
