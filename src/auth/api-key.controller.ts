import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApiAction, ApiCreate, ApiDelete, ApiList, ApiResource, ApiRetrieve } from '../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../common/docs/deleted.js';
import type { WriteAuthor } from '../common/events/author.js';
import type { Page } from '../common/list/page.js';
import { ReadManager } from '../common/preferences/read-manager.decorator.js';
import { Once, type OncePerKey } from '../common/transactions/once.decorator.js';
import { IfMatch, type ExpectedVersions } from '../common/versions/versions.js';
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
import { Author, CurrentCaller, WorkspaceId, type Caller } from './caller.js';
import { WorkspaceKeysService } from './workspace-keys.service.js';

const LISTED = 'Those that are not revoked, newest first unless `sort` says otherwise. Never with a secret.';
const ROTATED =
  'Answers a new key with the same name, scopes and limit, valid for as long as the old one was. ' +
  'The old one goes on working for `overlap_seconds`.';

@Controller('api/keys')
@ApiResource('API Key')
@RequireScope('admin')
export class ApiKeyController {
  constructor(private readonly keys: WorkspaceKeysService) {}

  @Get()
  @ApiList('listApiKeys', 'List the keys of the workspace', ApiKeyList, LISTED)
  list(
    @WorkspaceId() workspaceId: string,
    @Query() query: ApiKeyListQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Page<ApiKey>> {
    return this.keys.list(workspaceId, query, manager);
  }

  @Post()
  @ApiCreate('createApiKey', 'Create a key', ApiKeyWithSecret, CreateApiKey, createExample)
  create(
    @Author() author: WriteAuthor,
    @CurrentCaller() { rateLimit }: Caller,
    @Body() body: CreateApiKey,
    @Once('secret') once: OncePerKey,
  ): Promise<ApiKeyWithSecret> {
    return once((manager) => this.keys.create(author, rateLimit, body, manager));
  }

  @Get(':id')
  @ApiRetrieve('retrieveApiKey', 'Retrieve a key', ApiKey)
  retrieve(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @Query() query: ApiKeyQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<ApiKey> {
    return this.keys.retrieve(workspaceId, id, query, manager);
  }

  @Delete(':id')
  @ApiDelete('revokeApiKey', 'Revoke a key', 'It stops working within a second. Not the last one with the scope admin.')
  async revoke(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.keys.revoke(author, id, expected);
    return deleted(id);
  }

  @Post(':id/rotate')
  @ApiAction('rotateApiKey', 'Replace a key', ROTATED, ApiKeyWithSecret, {
    body: RotateApiKey,
    example: rotateExample,
    optional: true,
  })
  rotate(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() { overlap_seconds }: RotateApiKey,
    @IfMatch() expected: ExpectedVersions,
    @Once('secret') once: OncePerKey,
  ): Promise<ApiKeyWithSecret> {
    const overlap = (overlap_seconds ?? RotateApiKey.defaultOverlap) * 1000;
    return once((manager) => this.keys.rotate(author, id, overlap, expected, manager));
  }
}
