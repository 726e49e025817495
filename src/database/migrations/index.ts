import { Initial1795359179852 } from './1795359179852-initial.js';

/** All migrations, oldest first. A new one is added here. */
export const migrations = [Initial1795359179852];
