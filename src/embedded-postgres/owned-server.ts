import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { ClusterLocation } from './cluster-location.js';
import { DataDirInUseError, takeOwnership } from './ownership.js';
import { findServer, isServerOf, type RunningServer } from './postmaster-file.js';
import { readLogTail } from './server-log.js';
import { stopServer } from './stop-server.js';

const REGAIN_WITHIN_MS = 60_000;
const REGAIN_EVERY_MS = 250;
const GOODBYE_WITHIN_MS = 1_000;

/** Starts in a row, with a pause that doubles, before we give up; a server that ran for this long starts the row anew. */
const MOST_STARTS = 6;
const FIRST_PAUSE_MS = 250;
const STABLE_AFTER_MS = 60_000;

export interface OwnedServerOptions {
  place: ClusterLocation;
  server: RunningServer;
  password: string;
  /** Starts the server again, at the port it had; without it, one that dies is not started again. */
  startAgain?: () => Promise<RunningServer>;
  log: (message: string) => void;
}

/** A running server together with the connection whose lock makes it ours. It is started again when it dies. */
export class OwnedServer {
  readonly exited: Promise<string>;
  private reportExit!: (message: string) => void;
  private server: RunningServer;
  private stopping: Promise<void> | undefined;
  private recovering: Promise<void> = Promise.resolve();
  private starts = 0;
  private startedAt = performance.now();
  private lost = false;

  constructor(
    private readonly options: OwnedServerOptions,
    private connection: Client,
  ) {
    this.server = options.server;
    this.exited = new Promise((resolve) => (this.reportExit = resolve));
    this.watch();
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopOnce();
    return this.stopping;
  }

  /** A server we no longer own may serve another process by now, so it is left alone. */
  private async stopOnce(): Promise<void> {
    if (this.lost) return;
    try {
      await this.stopRunning();
      // One that was just being started again has to end as well.
      await this.recovering;
      await this.stopRunning();
    } finally {
      // A server that hangs does not say goodbye, and must not keep us waiting for it.
      await Promise.race([
        this.connection.end().catch(() => undefined),
        delay(GOODBYE_WITHIN_MS, undefined, { ref: false }),
      ]);
    }
  }

  private async stopRunning(): Promise<void> {
    const { directory } = this.options.place;
    const started = await findServer(directory);
    if (started?.port === this.server.port) this.server = started;
    await stopServer(this.server.pid, directory);
  }

  private watch(): void {
    this.connection.once('end', () => {
      this.recovering = this.afterLoss();
    });
  }

  /** The server drops all connections when one of its processes crashes, and goes on: only then can we go on too. */
  private async afterLoss(): Promise<void> {
    const deadline = Date.now() + REGAIN_WITHIN_MS;
    while (this.stopping === undefined && Date.now() < deadline && (await this.serverRuns())) {
      if (await this.regain()) return;
      await delay(REGAIN_EVERY_MS);
    }
    if (this.stopping !== undefined) return;
    if (await this.serverRuns()) await this.giveUp('no longer accepts this service');
    else if (this.options.startAgain === undefined) await this.giveUp('stopped unexpectedly');
    else await this.startAgain(this.options.startAgain);
  }

  private async regain(): Promise<boolean> {
    try {
      await this.own();
      return true;
    } catch {
      return false;
    }
  }

  /** At the same port and with the same password, so that whoever has the address goes on as if nothing had been. */
  private async startAgain(start: () => Promise<RunningServer>): Promise<void> {
    const { log } = this.options;
    log('PostgreSQL stopped unexpectedly; starting it again…');
    if (performance.now() - this.startedAt > STABLE_AFTER_MS) this.starts = 0;
    let failure = '';
    for (; this.starts < MOST_STARTS; this.starts += 1) {
      if (this.starts > 0) await delay(FIRST_PAUSE_MS * 2 ** (this.starts - 1));
      if (this.stopping !== undefined) return;
      try {
        const server = await start();
        if (server.port !== this.server.port) throw new Error(`Another process runs it on port ${server.port}.`);
        this.server = server;
        await this.own();
        this.starts += 1;
        this.startedAt = performance.now();
        log('PostgreSQL runs again.');
        return;
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
        if (error instanceof DataDirInUseError) break;
      }
    }
    if (this.stopping === undefined) await this.giveUp(`stopped unexpectedly and does not start again: ${failure}`);
  }

  private async own(): Promise<void> {
    const { password, place } = this.options;
    this.connection = await takeOwnership({ port: this.server.port, password }, place.dataDir);
    this.watch();
    if (this.stopping !== undefined) await this.connection.end();
  }

  private async giveUp(what: string): Promise<void> {
    this.lost = true;
    const said = await readLogTail(this.options.place.dataDir);
    this.reportExit(`PostgreSQL ${what}; its last log lines:\n${said}`);
  }

  private serverRuns(): Promise<boolean> {
    return isServerOf(this.server.pid, this.options.place.directory);
  }
}
