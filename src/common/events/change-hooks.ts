import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { listen } from './listeners.js';
import { hooksOf, type ChangeListener } from './on-change.decorator.js';

/** Finds the methods with `@OnChange` of all providers, once they are made. */
@Injectable()
export class ChangeHooks implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders() as { instance?: unknown }[]) {
      if (typeof instance !== 'object' || instance === null) continue;
      for (const { entity, filter, method } of hooksOf(instance)) {
        const run = (instance as Record<string, ChangeListener<object>>)[method];
        if (run !== undefined) listen(this.dataSource, entity, filter, run.bind(instance));
      }
    }
  }
}
