import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { FastifyInstance } from 'fastify';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { dataSourceOptions, type PostgresOptions } from './data-source.js';
import { ServiceDataSource } from './service-data-source.js';

/** The DataSource of the whole service, on a database whose schema is up to date. */
@Module({})
export class DatabaseModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly dataSource: DataSource,
  ) {}

  static forRoot(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [CONFIG],
          useFactory: (config: Config) => ({ ...dataSourceOptions(config, url), retryAttempts: 0 }),
          dataSourceFactory: (options) => new ServiceDataSource(options as PostgresOptions).initialize(),
        }),
      ],
    };
  }

  onModuleInit(): void {
    this.host.httpAdapter.getInstance<FastifyInstance>().decorate('database', this.dataSource as ServiceDataSource);
  }
}
