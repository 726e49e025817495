import { Initial1795359179852 } from './1795359179852-initial.js';
import { KeysOverHttp1795370000000 } from './1795370000000-keys-over-http.js';
import { EventLog1795370400000 } from './1795370400000-event-log.js';
import { SearchCost1795380000000 } from './1795380000000-search-cost.js';

/** All migrations, oldest first. A new one is added here. */
export const migrations = [
  Initial1795359179852,
  KeysOverHttp1795370000000,
  EventLog1795370400000,
  SearchCost1795380000000,
];
