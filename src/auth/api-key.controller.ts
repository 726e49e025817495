import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import {
  ApiAction,
  ApiCreate,
  ApiDelete,
  ApiHistory,
  ApiList,
  ApiResource,
  ApiRetrieve,
  CurrentCall,
  Idempotent,
  IfMatch,
  RequireScope,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../common/index.js';
import { EventList, HistoryQuery } from '../history/history.dto.js';
import {
  ApiKeyList,
  ApiKeyListQuery,
  ApiKeyQuery,
  ApiKeyWithSecret,
  CreateApiKey,
  RotateApiKey,
} from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysService } from './api-keys.service.js';

const LISTED = 'Those that are not revoked, newest first unless `sort` says otherwise. Never with a secret.';
const CREATED =
  'A key gives only what it has: the new key neither lasts longer nor has a higher limit. ' +
  'At most `MAX_KEYS` keys of a workspace work at the same time.';
const HISTORY = 'Newest first: who created, rotated and revoked it. Keys of the command line have no such events.';
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
  list(@CurrentCall() call: Call, @Query() query: ApiKeyListQuery) {
    return this.keys.list(call, query);
  }

  @Post()
  @ApiCreate('createApiKey', 'Create a key', ApiKeyWithSecret, CREATED)
  create(@Body() body: CreateApiKey, @Idempotent('secret') run: IdempotentRun) {
    return run((call) => this.keys.create(call, body));
  }

  @Get(':id')
  @ApiRetrieve('retrieveApiKey', 'Retrieve a key', ApiKey)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: ApiKeyQuery) {
    return this.keys.retrieve(call, id, query);
  }

  @Get(':id/history')
  @ApiHistory('listApiKeyHistory', 'List the changes of a key', EventList, HISTORY)
  history(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: HistoryQuery) {
    return this.keys.history(call, id, query);
  }

  @Delete(':id')
  @ApiDelete('revokeApiKey', 'Revoke a key', REVOKED)
  revoke(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.keys.revoke(call, id, expected);
  }

  @Post(':id/rotate')
  @ApiAction('rotateApiKey', 'Replace a key', ApiKeyWithSecret, ROTATED)
  rotate(
    @Param('id') id: string,
    @Body() body: RotateApiKey,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent('secret') run: IdempotentRun,
  ) {
    return run((call) => this.keys.rotate(call, id, body, expected));
  }
}
