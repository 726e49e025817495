import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { AppModule } from '../app.module.js';
import { ParametersGuard } from '../common/body/parameters.guard.js';
import { ParametersPipe } from '../common/body/parameters.pipe.js';
import { ApiExceptionFilter } from '../common/errors/api-exception.filter.js';
import type { Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { startTracing } from '../tracing/tracing.js';
import { serveAppPage } from './app-page.js';
import { serveDocuments } from './docs-page.js';
import { createAdapter } from './fastify.js';
import { nestLogger } from './logger.js';
import { createDocument } from './openapi.js';

/** The whole service on a database that is ready; it does not listen yet. */
export async function createApp(config: Config, databaseUrl: string, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, databaseUrl),
    createAdapter(config, logger, await startTracing(config)),
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false },
  );
  app.useGlobalGuards(new ParametersGuard(config.MAX_CHILDREN));
  app.useGlobalPipes(new ParametersPipe());
  app.useGlobalFilters(new ApiExceptionFilter());
  // Browsers would turn the address of a local server into https, where it does not listen.
  app.useSecurityHeaders({
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });
  app.get(Metrics).observe(app.getHttpAdapter().getInstance());
  serveDocuments(app.getHttpAdapter().getInstance(), () => createDocument(app));
  if (config.APP_PAGE) serveAppPage(app.getHttpAdapter().getInstance());
  await app.init();
  return app;
}
