import { createHmac } from 'node:crypto';
import type { Client } from 'pg';
import { SUPERUSER } from './create-cluster.js';

export const DATABASE = 'crm';

/** Who the service is in its embedded database: the owner of the database and of what is in it, and nothing more. */
export const SERVICE_ROLE = 'crm_service';

/** Follows from the superuser's, which cannot be found from it; so one file is all there is to keep. */
export function servicePassword(superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update(SERVICE_ROLE).digest('hex');
}

/**
 * Finishes what an interrupted first start may have left undone; PostgreSQL itself rolls back half a database. The role is
 * made what it has to be at every start, so that data of a version that worked as superuser go on under it.
 */
export async function ensureDatabase(client: Client, superuserPassword: string): Promise<void> {
  const role = await client.query('select from pg_roles where rolname = $1', [SERVICE_ROLE]);
  if (role.rowCount === 0) await client.query(`create role ${SERVICE_ROLE}`);
  await client.query(`alter role ${SERVICE_ROLE} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
    password '${servicePassword(superuserPassword)}'`);
  const database = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (database.rowCount === 0) await client.query(`create database ${DATABASE} owner ${SERVICE_ROLE}`);
  else await client.query(`alter database ${DATABASE} owner to ${SERVICE_ROLE}`);
}

/** What is the superuser's though it is not PostgreSQL's own, nor an extension's, nor follows the table that it belongs to. */
const OF_SUPERUSER = `
  with own (class, id, kind) as (
    select 'pg_namespace'::regclass, oid, 'schema' from pg_namespace where nspowner = '${SUPERUSER}'::regrole
    union all select 'pg_class'::regclass, oid, 'table' from pg_class
      where relowner = '${SUPERUSER}'::regrole and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all select 'pg_proc'::regclass, oid, 'routine' from pg_proc where proowner = '${SUPERUSER}'::regrole
    union all select 'pg_type'::regclass, oid, 'type' from pg_type
      where typowner = '${SUPERUSER}'::regrole and typtype in ('d', 'e', 'r')
  )
  select kind, (pg_identify_object(class, id, 0)).identity from own
  where id >= 16384 and not exists (select from pg_depend d where d.classid = class and d.objid = id
    and (d.deptype = 'e' or d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass))`;

/** On a connection of the superuser to the database itself. */
export async function handOverObjects(client: Client): Promise<void> {
  const { rows } = await client.query<{ kind: string; identity: string }>(OF_SUPERUSER);
  const statements = rows.map(({ kind, identity }) => `alter ${kind} ${identity} owner to ${SERVICE_ROLE}`);
  // Sent together they are one transaction.
  if (statements.length > 0) await client.query(statements.join(';'));
}
