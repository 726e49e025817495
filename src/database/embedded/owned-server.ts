import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { ClusterPlace } from './cluster-place.js';
import { takeOwnership } from './ownership.js';
import { isServerOf, type RunningServer } from './postmaster-file.js';
import { readLogTail } from './server-log.js';
import { stopServer } from './stop-server.js';

const REGAIN_WITHIN_MS = 60_000;
const REGAIN_EVERY_MS = 250;
const GOODBYE_WITHIN_MS = 1_000;

/** A running server together with the connection whose lock makes it ours. */
export class OwnedServer {
  readonly exited: Promise<string>;
  private reportExit!: (message: string) => void;
  private stopping: Promise<void> | undefined;
  private lost = false;

  constructor(
    private readonly place: ClusterPlace,
    private readonly server: RunningServer,
    private readonly password: string,
    private connection: Client,
  ) {
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
      await stopServer(this.server.pid, this.place.directory);
    } finally {
      // A server that hangs does not say goodbye, and must not keep us waiting for it.
      await Promise.race([
        this.connection.end().catch(() => undefined),
        delay(GOODBYE_WITHIN_MS, undefined, { ref: false }),
      ]);
    }
  }

  private watch(): void {
    this.connection.once('end', () => void this.afterLoss());
  }

  /** The server drops all connections when one of its processes crashes, and goes on: only then can we go on too. */
  private async afterLoss(): Promise<void> {
    const deadline = Date.now() + REGAIN_WITHIN_MS;
    while (this.stopping === undefined && Date.now() < deadline && (await this.serverRuns())) {
      if (await this.regain()) return;
      await delay(REGAIN_EVERY_MS);
    }
    if (this.stopping !== undefined) return;
    this.lost = true;
    const reason = (await this.serverRuns()) ? 'no longer accepts this service' : 'stopped unexpectedly';
    this.reportExit(`PostgreSQL ${reason}; its last log lines:\n${await readLogTail(this.place.dataDir)}`);
  }

  private async regain(): Promise<boolean> {
    try {
      this.connection = await takeOwnership({ port: this.server.port, password: this.password }, this.place.dataDir);
      this.watch();
      if (this.stopping !== undefined) await this.connection.end();
      return true;
    } catch {
      return false;
    }
  }

  private serverRuns(): Promise<boolean> {
    return isServerOf(this.server.pid, this.place.directory);
  }
}
