import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { Logger } from 'pino';
import { AppModule } from '../app.module.js';
import { ParametersPipe } from '../common/body/parameters.pipe.js';
import { ApiExceptionFilter } from '../common/errors/api-exception.filter.js';
import type { Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { startTracing } from '../tracing/tracing.js';
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
  app.useGlobalPipes(new ParametersPipe(config.MAX_CHILDREN));
  app.useGlobalFilters(new ApiExceptionFilter());
  // Browsers would turn the address of a local server into https, where it does not listen.
  app.useSecurityHeaders({
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });
  app.get(Metrics).observe(app.getHttpAdapter().getInstance());
  serveDocument(app);
  await app.init();
  return app;
}

/** Swagger UI without what is of no use here: another product's bar, a menu of one server, an example for every error. */
const DOCS_CSS = `
  .swagger-ui .topbar, .swagger-ui .schemes > div:first-child:not(.auth-wrapper), .swagger-ui .response-col_links { display: none }
  .swagger-ui .info { margin: 32px 0 16px }
  .swagger-ui .scheme-container { padding: 12px 0; box-shadow: none; background: none }
  .swagger-ui .scheme-container .auth-wrapper { justify-content: flex-start }
  .swagger-ui .responses-table:not(.live-responses-table) .response:not([data-code^='2'])
    .response-col_description > :not(.response-col_description__inner) { display: none }`;

function serveDocument(app: NestFastifyApplication): void {
  const document = createDocument(app);
  SwaggerModule.setup('docs', app, document, {
    raw: [],
    customSiteTitle: 'CRM Opportunity API',
    customCss: DOCS_CSS,
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
    },
  });
  const instance = app.getHttpAdapter().getInstance();
  // Bytes, which any number of slow readers share; a text would be made into bytes for each of them.
  const json = Buffer.from(JSON.stringify(document));
  const isPublic = { config: { access: 'public' } } as const;
  instance.get('/openapi.json', isPublic, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(json),
  );
  instance.get('/', isPublic, (_request, reply) => reply.redirect('/docs'));
}
