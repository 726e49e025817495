import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { partsOf } from '../common/module/service-module.js';
import { documentLoaded } from '../common/docs/when-loaded.js';
import { REQUIRED_SCOPE, scopeOf } from '../common/routes/access.js';
import { CONFIG, type Config } from '../config/config.js';
import { HealthModule } from '../health/health.module.js';
import { errors, MODULES } from '../schema.js';
import { finishDocument } from './openapi-finish.js';

const DESCRIPTION = `Opportunities of a CRM, with ordered line items and lost reasons.

- **Key.** Every call takes \`Authorization: Bearer sk_…\`. On this page: click *Authorize*, paste the key, click the *Authorize* below it.
- **Errors** all have one shape. They name the failing parameters and carry the id of the request.
- **Amounts** are exact decimals with up to nine places, never rounded to minor units.
- **Lists** are \`{ data, has_more, total }\`; \`total\` is exact, or null if counting takes too long.
- **Read-only attributes** in a body are ignored, so that you can read an object, change it and send it back. With
  \`Prefer: handling=strict\` they are refused.`;

const METRICS = { type: 'http', scheme: 'bearer', description: 'The `METRICS_TOKEN` of the service.' } as const;

/** The OpenAPI 3.1 document of all routes that are part of the API. */
export function createDocument(app: INestApplication): OpenAPIObject {
  documentLoaded();
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('CRM Opportunity API')
    .setVersion('1.0')
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This server.')
    .addSecurity('key', {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key of the workspace: `sk_test_…` or `sk_live_…`.',
    });
  if (app.get<Config>(CONFIG).METRICS_TOKEN !== undefined) builder.addSecurity('metrics', METRICS);
  const config = builder.build();
  config.tags = Object.entries(partsOf([...MODULES, HealthModule]).tags).map(([name, description]) => ({
    name,
    description,
  }));
  config.info.contact = { name: 'The maintainers of this server' };
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: (_controller, method) => method });
  addScopes(document);
  addErrorCodes(document);
  return finishDocument(document);
}

/** The codes of modules from outside beside those of the service. */
function addErrorCodes({ components }: OpenAPIObject): void {
  const meanings = Object.entries(errors).map(([code, meaning]) => `\n- \`${code}\`: ${meaning}`);
  if (meanings.length === 0) return;
  for (const name of ['ErrorDetail', 'ParameterError']) {
    const { properties } = components?.schemas?.[name] as {
      properties: { code: { enum: string[]; description: string } };
    };
    if (Object.keys(errors).some((code) => properties.code.enum.includes(code))) continue;
    properties.code.enum = [...properties.code.enum, ...Object.keys(errors)];
    if (name === 'ErrorDetail') properties.code.description += meanings.join('');
  }
}

/** Says of every operation that takes a key which scope the key needs; a handler has said so only where its method does not. */
function addScopes({ paths }: OpenAPIObject): void {
  for (const operations of Object.values(paths) as Record<string, Record<string, unknown>>[])
    for (const [method, operation] of Object.entries(operations))
      if (JSON.stringify(operation['security']) === '[{"key":[]}]')
        operation[REQUIRED_SCOPE] ??= scopeOf(method.toUpperCase());
}
