import { hideOperations } from './common/module/hide-operations.js';
import { describedModules, importsFirst, partsOf } from './common/module/service-module.js';
import { AuthModule } from './auth/auth.module.js';
import { ConsumersModule } from './consumers/consumers.module.js';
import { CrmModule } from './crm/crm.module.js';
import { EventsModule } from './events/events.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { asModuleError, outsideModules } from './modules/registry.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The service's own modules that keep data, in the order in which the API document shows their resources. */
const OWN_MODULES = [
  CrmModule,
  EventsModule,
  WebhooksModule,
  ConsumersModule,
  ImportsModule,
  AuthModule,
  IdempotencyModule,
];

/** All modules that keep data; those from outside come last. */
export const MODULES = [...OWN_MODULES, ...outsideModules()];

/** All modules by what they bring. */
export const allParts = asModuleError(() => describedModules(MODULES));

/** Every entity of the service, which the schema is compared with, and what else modules bring beside the database's own. */
export const { entities, migrations, errors } = partsOf(MODULES);

const ownNames = new Set(describedModules(OWN_MODULES).map(({ name }) => name));

/** The modules from outside by what they bring, a module after those that it imports. */
export const outsideParts = importsFirst(MODULES).filter(({ name }) => !ownNames.has(name));

const hidden = outsideParts.flatMap(({ name, extends: added = [] }) =>
  added.flatMap(({ hide = [] }) => hide.map((id) => [id, name] as const)),
);
asModuleError(() => {
  hideOperations(MODULES, new Map(hidden));
});
