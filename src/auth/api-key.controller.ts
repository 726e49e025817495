import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import {
  ApiAction,
  ApiCreate,
  ApiDelete,
  ApiHistory,
  ApiList,
  ApiReport,
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

const LISTED = 'Keys that are not revoked, newest first unless `sort` says otherwise. Secrets are never shown.';
const CURRENT = 'Name, scopes and limits of the key that sends this request. Every key may do so, whatever its scopes.';
const CREATED =
  'The new key cannot last longer, or have a higher limit, than the key that creates it. ' +
  'At most `MAX_KEYS` keys of a workspace work at the same time.';
const HISTORY =
  'Who created, rotated and revoked the key, newest first. Changes with the command `keys` leave no events.';
const REVOKED =
  'The key stops working within a second. A key with the scope `admin` can be revoked only if another one lasts as long.';
const ROTATED =
  'Returns a new key with the same name, scopes and limit. The new key has the full lifetime of the old one, but does not outlive the key of the request. The old key still works for `overlap_seconds`. A key can be rotated only once; after that, rotate its successor.';

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

  @Get('current')
  @RequireScope('read')
  @ApiReport('retrieveCurrentApiKey', 'Retrieve the key of the request', ApiKey, CURRENT)
  current(@CurrentCall() call: Call) {
    return this.keys.current(call);
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
