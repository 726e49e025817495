import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import cluster from 'node:cluster';
import type { Pool } from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from 'prom-client';
import { DataSource } from 'typeorm';
import { COUNTED, countOf, type CounterName } from '../common/counts.js';
import { elapsedMs, onRequestEnd } from '../common/request-end.js';
import { consumerLags } from '../consumers/consumer-lag.js';
import { CONFIG, type Config } from '../config/config.js';
import { BEHIND, measured } from './behind.js';
import { metricsFromPrimary, offerToPrimary } from './cluster-metrics.js';
import { RequestSeries, type Sample } from './request-series.js';

/** The route of what has none, so that made-up paths are one series. */
const NO_ROUTE = '(none)';

type ServicePool = Pool & { waitingRequests: number };

/** What this process counts and measures, for Prometheus; documented in docs/observability.md. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = new RequestSeries();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dataSource: DataSource,
  ) {}

  /** Without a way to read them, nothing is measured. */
  get areOn(): boolean {
    return this.config.METRICS_TOKEN !== undefined || this.config.METRICS_PORT !== undefined;
  }

  /** From now on, for all requests of `instance`; before its routes are added. */
  observe(instance: FastifyInstance): void {
    if (!this.areOn) return;
    const { requests } = this;
    onRequestEnd(instance, ({ request, status }) => {
      requests.record(request.routeOptions.url ?? NO_ROUTE, request.method, status, elapsedMs(request) / 1000);
    });
    collectDefaultMetrics({ register: this.registry });
    this.addRequests();
    this.addPool();
    this.addConsumers();
    this.addBehind();
    for (const name of Object.keys(COUNTED) as CounterName[]) this.addCount(name);
    if (cluster.isWorker) offerToPrimary(this.registry);
  }

  /** Of all processes that serve the port. */
  text(): Promise<string> {
    return cluster.isWorker ? metricsFromPrimary() : this.registry.metrics();
  }

  private addRequests(): void {
    const seconds = 'http_request_duration_seconds';
    this.add(
      'counter',
      'http_requests_total',
      'HTTP requests, by route, method and status; 499 where the client left.',
      () => this.requests.counts(),
    );
    this.add('histogram', seconds, 'Time from the request to the end of the response, by route and method.', () =>
      this.requests.durations(seconds),
    );
  }

  /** prom-client has no metric that takes its values from elsewhere but the gauge; its registry takes any object like one. */
  private add(type: 'counter' | 'histogram', name: string, help: string, samples: () => Sample[]): void {
    const get = (): object => ({ name, help, type, aggregator: 'sum', values: samples() });
    this.registry.registerMetric({ name, help, type, get } as unknown as Metric);
  }

  private get pool(): ServicePool {
    return (this.dataSource.driver as unknown as { master: ServicePool }).master;
  }

  /** Whoever watches a service whose connections are all in use must not wait for one. */
  private get isBusy(): boolean {
    const { waitingRequests, idleCount, totalCount } = this.pool;
    return waitingRequests > 0 || (idleCount === 0 && totalCount >= this.config.DATABASE_POOL_SIZE);
  }

  private addPool(): void {
    const pool = (): ServicePool => this.pool;
    const gauges: Record<string, [help: string, value: () => number]> = {
      db_pool_connections: ['Connections of the pool, used or idle.', () => pool().totalCount],
      db_pool_idle_connections: ['Connections that wait for work.', () => pool().idleCount],
      db_pool_waiting_requests: ['Requests that wait for a connection.', () => pool().waitingRequests],
      db_pool_max_connections: ['Connections that the pool may have.', () => this.config.DATABASE_POOL_SIZE],
    };
    for (const [name, [help, value]] of Object.entries(gauges))
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
  }

  private addConsumers(): void {
    const isBusy = (): boolean => this.isBusy;
    const { dataSource } = this;
    new Gauge({
      name: 'crm_consumer_lag_seconds',
      help: 'Age of the oldest event that a consumer of a module has not handled; 0 if there is none.',
      labelNames: ['consumer'],
      aggregator: 'max',
      registers: [this.registry],
      async collect() {
        this.reset();
        if (isBusy()) return;
        for (const { consumer, seconds } of await consumerLags(dataSource)) this.set({ consumer }, seconds);
      },
    });
  }

  private addBehind(): void {
    const isBusy = (): boolean => this.isBusy;
    const { dataSource } = this;
    for (const [name, [help, statement]] of Object.entries(BEHIND))
      new Gauge({
        name: `crm_${name}`,
        help,
        aggregator: 'max',
        registers: [this.registry],
        async collect() {
          this.set(isBusy() ? NaN : await measured(dataSource, statement));
        },
      });
  }

  private addCount(name: CounterName): void {
    new Counter({
      name: `crm_${name}_total`,
      help: COUNTED[name],
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(countOf(name));
      },
    });
  }
}
