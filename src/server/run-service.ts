import { DataSource } from 'typeorm';
import { OperatorKeys } from '../auth/operator-keys.js';
import type { Config } from '../config/config.js';
import { dataSourceOptions } from '../database/data-source.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';
import { prepareSchema } from '../database/migrate.js';
import { SchemaError } from '../database/schema-error.js';
import { metricsOfWorkers } from '../metrics/cluster-metrics.js';
import { Metrics } from '../metrics/metrics.js';
import { serveMetrics } from '../metrics/metrics-server.js';
import { createApp } from './create-app.js';
import { firstKey, type FirstKey } from './first-key.js';
import { stopGracefully } from './graceful-stop.js';
import { createLogger } from './logger.js';
import { say, sayFailure } from './say.js';
import { explain, StartError } from './start-error.js';
import { welcome } from './welcome.js';
import { WorkerPool } from './worker-pool.js';

/** Starts the service: database, schema, keys, HTTP, in this order; then serves until a signal ends it. */
export async function runService(config: Config): Promise<void> {
  const running: Running = {};
  stopOnSignal(config, running);
  try {
    if (config.DATABASE_URL === undefined) running.starting = startDatabase(config);
    const embedded = await running.starting;
    void embedded?.exited.then((reason) => endWithoutDatabase(config, reason));
    await serve(config, running, embedded);
  } catch (error) {
    // A start fails when it is told to stop: its database and its processes go.
    await running.stopping;
    await stopDatabase(running);
    throw error instanceof StartError ? error : new StartError(explain(error));
  }
}

/** What has to be stopped, as far as it has been started. */
interface Running {
  /** The embedded database, from the moment it is being started. */
  starting?: Promise<EmbeddedPostgres>;
  /** The application of this process, or the processes that serve for it. */
  server?: { close: () => Promise<void> };
  /** Since the first signal; it ends the process. */
  stopping?: Promise<void>;
}

async function serve(config: Config, running: Running, embedded: EmbeddedPostgres | undefined): Promise<void> {
  const url = config.DATABASE_URL ?? embedded?.url ?? '';
  await prepareSchema(config, url).catch((error: unknown) => {
    if (error instanceof SchemaError) throw error;
    throw new StartError(`Cannot use the database of DATABASE_URL: ${explain(error)}`);
  });
  const start = config.WEB_CONCURRENCY === 1 ? serveHere : serveByWorkers;
  const key = await start(config, running, url, async (keys) => {
    if (config.BOOTSTRAP_API_KEY !== undefined) await keys.bootstrap(config.BOOTSTRAP_API_KEY);
    return embedded && firstKey(config.DATA_DIR, keys);
  });
  // A log is kept, so it is never told the key.
  say(config, welcome(config, key, process.stdout.isTTY && config.LOG_FORMAT === 'pretty'));
}

type MakeKeys = (keys: OperatorKeys) => Promise<FirstKey | undefined>;

async function serveHere(config: Config, running: Running, url: string, make: MakeKeys): Promise<FirstKey | undefined> {
  const app = await createApp(config, url, createLogger(config));
  running.server = { close: () => stopGracefully(app, config) };
  const key = await make(app.get(OperatorKeys));
  await serveMetrics(config, () => app.get(Metrics).text());
  await app.listen({ port: config.PORT, host: config.HOST });
  return key;
}

/** This process then only looks after the others: what has to be done once is done before there are any. */
async function serveByWorkers(
  config: Config,
  running: Running,
  url: string,
  make: MakeKeys,
): Promise<FirstKey | undefined> {
  const dataSource = await new DataSource({ ...dataSourceOptions(config, url), poolSize: 1 }).initialize();
  const key = await make(new OperatorKeys(dataSource)).finally(() => dataSource.destroy());
  const workers = new WorkerPool(url, createLogger(config));
  running.server = workers;
  await serveMetrics(config, metricsOfWorkers());
  await workers.start(config.WEB_CONCURRENCY);
  return key;
}

function endWithoutDatabase(config: Config, reason: string): never {
  sayFailure(config, `The embedded PostgreSQL ended, and with it the service. ${reason}`);
  process.exit(1);
}

async function startDatabase(config: Config): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir: config.DATA_DIR,
      log: (message) => {
        say(config, message);
      },
    });
  } catch (error) {
    throw new StartError(explain(error));
  }
}

/** One Ctrl-C can arrive twice, from the terminal and through npm. */
const SAME_SIGNAL_MS = 250;

/** First signal: no new connections, finish what is in flight, stop the database, exit 0. A later signal: exit at once. */
function stopOnSignal(config: Config, running: Running): void {
  let since: number | undefined;
  const stop = (): void => {
    if (since !== undefined && performance.now() - since > SAME_SIGNAL_MS) process.exit(1);
    if (since !== undefined) return;
    since = performance.now();
    running.stopping = shutDown(running).then(
      () => process.exit(0),
      (error: unknown) => {
        sayFailure(config, explain(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function shutDown(running: Running): Promise<void> {
  await running.server?.close();
  await stopDatabase(running);
}

/** Also one that is still starting; one that failed to start has nothing to stop. */
async function stopDatabase({ starting }: Running): Promise<void> {
  const embedded = await starting?.catch(() => undefined);
  await embedded?.stop();
}
