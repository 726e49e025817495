import { Client } from 'pg';
import { SUPERUSER } from './create-cluster.js';
import { DATABASE, SERVICE_ROLE, servicePassword } from './service-role.js';

const HOST = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 5_000;

export interface ServerAddress {
  port: number;
  /** Of the superuser. */
  password: string;
}

export function serviceUrl({ port, password }: ServerAddress): string {
  return `postgres://${SERVICE_ROLE}:${servicePassword(password)}@${HOST}:${port}/${DATABASE}`;
}

export function superuserUrl({ port, password }: ServerAddress): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${DATABASE}`;
}

/** As superuser. Every setting is spelled out because the driver would fill gaps from PG* environment variables. */
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

/** Does the server let the service in? */
export async function answers(address: ServerAddress): Promise<boolean> {
  const client = new Client({ connectionString: serviceUrl(address), connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
