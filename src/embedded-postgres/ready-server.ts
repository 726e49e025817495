import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterLocation } from './cluster-location.js';
import { launchServer, type Launch, type LaunchOptions } from './launch-server.js';
import { findServer, removeStalePostmasterFile, type RunningServer } from './postmaster-file.js';
import { DATABASE_URL_HINT } from './run-program.js';
import { readLogTail } from './server-log.js';
import { stopServer } from './stop-server.js';

const POLL_MS = 20;
/** Long enough to replay the log of a busy database after a power cut. */
const READY_WITHIN_MS = 120_000;
/** Long enough for processes of a killed server to notice that it is gone. */
const RETRY_LAUNCH_WITHIN_MS = 10_000;
const RETRY_LAUNCH_EVERY_MS = 250;

/** Failures that pass by themselves: leftovers of a killed server, a port taken meanwhile, a start beside ours. */
const TRANSIENT = /pre-existing shared memory block|could not create any TCP\/IP sockets|lock file .* already exists/;

/** A ready server on the cluster: the one that runs, else one started now, whoever wins when several try. */
export async function readyServer(place: ClusterLocation, options: LaunchOptions): Promise<RunningServer> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let launch: Launch | undefined;
  let firstLaunch: number | undefined;
  while (Date.now() < deadline) {
    const server = await findServer(place.directory);
    if (server?.ready === true) return server;
    if (server === undefined && (launch === undefined || launch.failure !== undefined)) {
      if (launch?.failure !== undefined) await pauseOrGiveUp(launch.failure, firstLaunch);
      firstLaunch ??= Date.now();
      await removeStalePostmasterFile(place.directory);
      launch = await launchServer(place, options);
    }
    await delay(POLL_MS);
  }
  if (launch?.pid !== undefined && launch.failure === undefined) await stopServer(launch.pid, place.directory);
  const said = await readLogTail(place.dataDir);
  throw new Error(`PostgreSQL was not ready within ${READY_WITHIN_MS / 1000} seconds:\n${said}\n${DATABASE_URL_HINT}`);
}

async function pauseOrGiveUp(failure: string, firstLaunch = 0): Promise<void> {
  const retry = TRANSIENT.test(failure) && Date.now() - firstLaunch < RETRY_LAUNCH_WITHIN_MS;
  if (!retry) throw new Error(`PostgreSQL did not start:\n${failure}\n${DATABASE_URL_HINT}`);
  await delay(RETRY_LAUNCH_EVERY_MS);
}
