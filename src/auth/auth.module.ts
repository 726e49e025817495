import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { HistoryModule } from '../history/history.module.js';
import { ApiKeyController } from './api-key.controller.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { OperatorKeys } from './operator-keys.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { KeyMemo } from './key-memo.js';
import { KeyUse } from './key-use.js';
import { RateLimits } from './rate-limits/rate-limits.js';
import { ApiKeysService } from './api-keys.service.js';

/** Bearer keys: who is calling, may they, and how often. The guard is on for every route of every module. */
@Module({
  imports: [HistoryModule, PassportModule],
  controllers: [ApiKeyController],
  providers: [
    OperatorKeys,
    ApiKeyStrategy,
    KeyMemo,
    KeyUse,
    RateLimits,
    ApiKeysService,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
  ],
  exports: [OperatorKeys],
})
export class AuthModule {}
