import { Client } from 'pg';
import { SUPERUSER } from './create-cluster.js';

export const DATABASE = 'crm';
const HOST = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 5_000;

export interface ServerAddress {
  port: number;
  password: string;
}

export function serviceUrl({ port, password }: ServerAddress): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${DATABASE}`;
}

/** Every setting is spelled out because the driver would fill gaps from PG* environment variables. */
export async function connect(address: ServerAddress, database: string, name: string): Promise<Client> {
  const client = new Client({
    host: HOST,
    port: address.port,
    user: SUPERUSER,
    password: address.password,
    database,
    ssl: false,
    options: '-c idle_session_timeout=0 -c statement_timeout=0',
    application_name: name,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Whoever needs to know listens for "end"; without a listener here a lost connection would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function answers(address: ServerAddress): Promise<boolean> {
  try {
    const client = await connect(address, DATABASE, 'crm-opportunity-service check');
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** Finishes what an interrupted first start may have left undone; PostgreSQL itself rolls back half a database. */
export async function ensureDatabase(client: Client): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
}
