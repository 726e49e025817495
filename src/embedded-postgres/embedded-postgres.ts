import { dirname, basename } from 'node:path';
import { findBinaries, type Binaries } from './binaries.js';
import { chooseCluster, findCluster, type ClusterLocation } from './cluster-location.js';
import { createCluster } from './create-cluster.js';
import { OwnedServer, type OwnedServerOptions } from './owned-server.js';
import { DataDirInUseError, takeOwnership } from './ownership.js';
import { ensurePassword, readPassword } from './password-file.js';
import { findServer, type RunningServer } from './postmaster-file.js';
import { readyServer } from './ready-server.js';
import { answers, connect, serviceUrl, superuserUrl, type ServerAddress } from './server-connection.js';
import { DATABASE, ensureDatabase, handOverObjects } from './service-role.js';
import { removeAbandonedWork } from './system-directory.js';

export interface EmbeddedPostgresOptions {
  /** As configured; may be relative to the working directory. */
  dataDir: string;
  /** Progress, for people to read. */
  log: (message: string) => void;
  /** Additional PostgreSQL settings, which win over the defaults. */
  settings?: Record<string, string>;
  /** Whether a server that dies is started again, as it is unless this says otherwise. */
  startsAgain?: boolean;
}

export interface EmbeddedPostgres {
  /** For the service, whose role owns the database and no more. */
  url: string;
  /** For whoever administers the server, as tests do; the service never works as superuser. */
  superuserUrl: string;
  firstStart: boolean;
  /** Settles when the server died and could not be started again, saying why as far as known. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

const OWNERSHIP_ATTEMPTS = 3;

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, settings = {}, startsAgain = true } = options;
  const place = await chooseCluster(options.dataDir, log);
  const binaries = await findBinaries(place.account, log);
  const firstStart = !place.initialized && (await initialize(place, binaries, options));
  const password = await readClusterPassword(place);
  for (let attempt = 1; ; attempt += 1) {
    const server = await readyServer(place, { binaries, settings });
    const startAgain = (): Promise<RunningServer> => readyServer(place, { binaries, settings, port: server.port });
    try {
      return await own({ place, server, password, log, ...(startsAgain && { startAgain }) }, firstStart);
    } catch (error) {
      // The server may just be going down with its previous owner: then the next round starts a new one.
      if (error instanceof DataDirInUseError) throw error;
      if (attempt === OWNERSHIP_ATTEMPTS) throw describeSilence(place, server, error);
    }
  }
}

/** The address of a live server on the directory, for a command that runs beside the service. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | undefined> {
  const place = await findCluster(dataDir);
  const server = place === undefined ? undefined : await findServer(place.directory);
  if (place === undefined || server?.ready !== true) return undefined;
  const address = { port: server.port, password: await readPassword(place.dataDir) };
  return (await answers(address)) ? serviceUrl(address) : undefined;
}

async function initialize(
  place: ClusterLocation,
  binaries: Binaries,
  options: EmbeddedPostgresOptions,
): Promise<boolean> {
  options.log('creating the database (first start)…');
  await removeAbandonedWork(dirname(place.directory), basename(place.directory));
  const password = await ensurePassword(place.dataDir);
  return createCluster(place, binaries, password, options.settings?.['fsync'] !== 'off');
}

function readClusterPassword(place: ClusterLocation): Promise<string> {
  return readPassword(place.dataDir).catch((cause: unknown) => {
    throw new Error(`Cannot open the database in ${place.directory} without its password: ${messageOf(cause)}`, {
      cause,
    });
  });
}

async function own(options: OwnedServerOptions, firstStart: boolean): Promise<EmbeddedPostgres> {
  const { place, server, password } = options;
  const address = { port: server.port, password };
  const connection = await takeOwnership(address, place.dataDir);
  try {
    await ensureDatabase(connection, password);
    await handOver(address);
  } catch (error) {
    await connection.end().catch(() => undefined);
    throw error;
  }
  const owned = new OwnedServer(options, connection);
  const urls = { url: serviceUrl(address), superuserUrl: superuserUrl(address) };
  return { ...urls, firstStart, exited: owned.exited, stop: () => owned.stop() };
}

async function handOver(address: ServerAddress): Promise<void> {
  const client = await connect(address, DATABASE, 'crm-opportunity-service start');
  await handOverObjects(client).finally(() => client.end());
}

function describeSilence(place: ClusterLocation, server: RunningServer, cause: unknown): Error {
  return new Error(
    `The PostgreSQL server on ${place.directory} (process ${server.pid}) does not let this service in: ` +
      `${messageOf(cause)}. End that process and start again.`,
    { cause },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
