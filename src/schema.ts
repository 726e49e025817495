import { partsOf } from './common/module/service-module.js';
import { AuthModule } from './auth/auth.module.js';
import { CrmModule } from './crm/crm.module.js';
import { EventsModule } from './events/events.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The modules that keep data, in the order in which the API document shows their resources. A module of your own goes here. */
export const MODULES = [CrmModule, EventsModule, WebhooksModule, AuthModule, IdempotencyModule];

/** Every entity of the service, which the schema is compared with, and the migrations that modules bring beside the database's own. */
export const { entities, migrations } = partsOf(MODULES);
