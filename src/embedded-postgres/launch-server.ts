import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import type { Binaries } from './binaries.js';
import type { ClusterLocation } from './cluster-location.js';
import { describeSpawnFailure } from './create-cluster.js';
import { cleanEnvironment, neutralDirectory } from './run-program.js';
import { openLog, readLogTail } from './server-log.js';

const DEFAULT_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Failed statements are the service's to report; here they would pile up customers' data.
  log_min_messages: 'log',
  log_checkpoints: 'off',
};

export interface Launch {
  pid: number | undefined;
  /** What the server said, once it has ended; undefined while it runs. */
  failure: string | undefined;
}

/** What a server is started with. */
export interface LaunchOptions {
  binaries: Binaries;
  settings: Record<string, string>;
  /** A free one unless given. */
  port?: number;
}

/** Starts the server in a session of its own, so that Ctrl-C reaches it only after the service has finished. */
export async function launchServer(
  place: ClusterLocation,
  { binaries, settings, port }: LaunchOptions,
): Promise<Launch> {
  const args = ['-D', place.directory, '-p', String(port ?? (await freePort())), ...settingArguments(settings)];
  const log = await openLog(place.dataDir);
  try {
    const child = spawn(binaries.postgres, args, {
      ...place.account,
      cwd: neutralDirectory(),
      env: cleanEnvironment(),
      detached: true,
      stdio: ['ignore', log.file.fd, log.file.fd],
      windowsHide: true,
    });
    child.unref();
    const launch: Launch = { pid: child.pid, failure: undefined };
    child.once('error', (error) => (launch.failure = describeSpawnFailure(error)));
    child.once('exit', (code, signal) => {
      void readLogTail(place.dataDir, log.start).then((said) => {
        launch.failure = said === '' ? `it ended with ${signal ?? `exit code ${code ?? 'unknown'}`}` : said;
      });
    });
    return launch;
  } finally {
    await log.file.close();
  }
}

function settingArguments(settings: Record<string, string>): string[] {
  return Object.entries({ ...DEFAULT_SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
