import { describedModules, importsFirst, partsOf } from './common/module/service-module.js';
import { AuthModule } from './auth/auth.module.js';
import { CrmModule } from './crm/crm.module.js';
import { EventsModule } from './events/events.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { outsideModules } from './modules/registry.js';

/** The service's own modules that keep data, in the order in which the API document shows their resources. */
const OWN_MODULES = [CrmModule, EventsModule, AuthModule, IdempotencyModule];

/** All modules that keep data; those from outside come last. */
export const MODULES = [...OWN_MODULES, ...outsideModules()];

/** Every entity of the service, which the schema is compared with, and the migrations that modules bring beside the database's own. */
export const { entities, migrations, errors } = partsOf(MODULES);

const ownNames = new Set(describedModules(OWN_MODULES).map(({ name }) => name));

/** The modules from outside by what they bring, a module after those that it imports. */
export const outsideParts = importsFirst(MODULES).filter(({ name }) => !ownNames.has(name));
