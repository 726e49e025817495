import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ServiceModule } from '../common/index.js';
import { HistoryModule } from '../history/history.module.js';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysService } from './api-keys.service.js';
import { Authentication } from './authentication.js';
import { KeyLookup } from './key-lookup.js';
import { KeyUse } from './key-use.js';
import { OperatorKeys } from './operator-keys.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { VerifiedKeyCache } from './verified-key-cache.js';
import { Workspace } from './workspace.entity.js';

/** Bearer keys: who is calling, may they, and how often; on every route of every module. */
@ServiceModule({
  name: 'auth',
  entities: [Workspace, ApiKey],
  tags: { 'API Key': 'The keys of the workspace. Every operation needs the scope `admin`.' },
  imports: [HistoryModule],
  controllers: [ApiKeyController],
  providers: [ApiKeysService, Authentication, KeyLookup, KeyUse, OperatorKeys, RateLimits, VerifiedKeyCache],
  exports: [OperatorKeys],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authentication: Authentication,
  ) {}

  onModuleInit(): void {
    this.host.httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
      const pending = this.authentication.authenticate(request, reply);
      if (pending === undefined) done();
      else
        pending.then(() => {
          done();
        }, done);
    });
  }
}
