import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { endWithin, Ticker } from '../common/background.js';
import { CONFIG, type Config } from '../config/config.js';
import { Sequencer, type Follower } from '../events/sequencer.js';
import { ConsumerRunner } from './consumer-runner.js';
import { findConsumers } from './find-consumers.js';
import { registerConsumers } from './known-consumers.js';
import { beginConsumers, findWork } from './positions.js';

/** How often work is looked for that nobody has told of: events of other processes, pauses that end, and what the dead left. */
const TICK_MS = 1000;

/** Calls the methods with `@AfterCommit` of all modules, in every process: a lease in the database decides who. */
@Injectable()
export class Consumers implements Follower, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(Consumers.name);
  private readonly runners = new Map<string, ConsumerRunner>();
  private readonly ticker = new Ticker(
    TICK_MS,
    () => this.lookForWork(),
    (error) => {
      this.logger.warn({ msg: 'consumers were not looked after; the next try is soon', error: String(error) });
    },
  );

  /** Do all consumers have their positions? */
  private begun = false;
  private lastEnd = Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly discovery: DiscoveryService,
    @Inject(CONFIG) private readonly config: Config,
    private readonly sequencer: Sequencer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const consumer of findConsumers(this.discovery))
      this.runners.set(consumer.name, new ConsumerRunner(this.dataSource, consumer));
    if (this.runners.size === 0) return;
    registerConsumers(this.dataSource, [...this.runners.keys()]);
    this.sequencer.follow(this);
    await this.ticker.now();
    this.ticker.start();
  }

  onModuleDestroy(): void {
    this.ticker.stop();
    this.lastEnd = performance.now() + this.config.SHUTDOWN_TIMEOUT_MS;
    for (const runner of this.runners.values()) runner.stop();
  }

  /** Lets calls come to their end, so that none is repeated without need. */
  async onApplicationShutdown(): Promise<void> {
    const ended = Promise.all([...this.runners.values()].map((runner) => runner.ended()));
    await endWithin(this.lastEnd - performance.now(), ended);
  }

  /** Those of other processes call their consumers themselves. */
  workspaces(): Iterable<string> {
    return [];
  }

  isToldOfAll(): boolean {
    return true;
  }

  moved(workspaceId: string): void {
    if (this.begun) for (const runner of this.runners.values()) runner.look(workspaceId);
  }

  private async lookForWork(): Promise<void> {
    const names = [...this.runners.keys()];
    const { manager } = this.dataSource;
    if (!this.begun) await beginConsumers(manager, names);
    this.begun = true;
    for (const { consumer, workspace_id } of await findWork(manager, names))
      this.runners.get(consumer)?.look(workspace_id);
  }
}
