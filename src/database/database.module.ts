import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { dataSourceOptions, type PostgresOptions } from './data-source.js';
import { ServiceDataSource } from './service-data-source.js';

/** The DataSource of the whole service, on a database whose schema is up to date. */
@Module({})
export class DatabaseModule {
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
}
