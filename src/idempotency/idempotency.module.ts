import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ServiceModule } from '../common/module/service-module.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { IdempotencyService } from './idempotency.service.js';
import { IdempotencyStore } from './idempotency.store.js';

/** Safe repetition of every POST of every module, by way of `@Idempotent()`. */
@ServiceModule({
  name: 'idempotency',
  entities: [IdempotencyKey],
  providers: [IdempotencyStore, IdempotencyService],
  exports: [IdempotencyStore],
})
export class IdempotencyModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly idempotency: IdempotencyService,
  ) {}

  onModuleInit(): void {
    this.host.httpAdapter.getInstance<FastifyInstance>().decorate('idempotency', this.idempotency);
  }
}
