import { HttpStatus, Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { count } from '../../common/counts.js';
import { ApiException } from '../../common/errors/api.exception.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Caller } from '../caller.js';
import { clientNetwork } from './client-network.js';
import { rateLimitHeaders } from './headers.js';
import { WindowCounter, type WindowState } from './window-counter.js';

const FAILURE_WINDOW_S = 60;
const MOST_GUESSING = 10_000;

/** How the limits are called in the headers. */
const POLICIES = { key: 'default', workspace: 'workspace' } as const;

/** Keys at their limit that a workspace has room for, unless its own limit is configured. */
const KEYS_AT_THEIR_LIMIT = 10;

/** How much one key and one workspace may ask for, and how often one address may fail to name a key. */
@Injectable()
export class RateLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RateLimits.name);
  private redis: Redis | undefined;
  private readonly workspaceLimit: number;
  private requests: WindowCounter;
  private workspaceRequests: WindowCounter;
  private failures: WindowCounter;
  /** Clients past the limit of failures, until their window ends, with what they have used of it. */
  private readonly guessing = new LRUCache<string, number>({ max: MOST_GUESSING, ttl: FAILURE_WINDOW_S * 1000 });

  constructor(@Inject(CONFIG) private readonly config: Config) {
    this.workspaceLimit = config.RATE_LIMIT_WORKSPACE_REQUESTS ?? KEYS_AT_THEIR_LIMIT * config.RATE_LIMIT_REQUESTS;
    this.makeCounters();
  }

  /** The client of Redis is loaded only where there is one: it costs a quarter of a second of the start. */
  async onModuleInit(): Promise<void> {
    if (this.config.REDIS_URL === undefined) return;
    const { connectRedis } = await import('./redis.js');
    this.redis = connectRedis(this.config.REDIS_URL, (error) => {
      this.logger.warn({ msg: 'Redis is away; each process counts for itself', error: error.message });
    });
    this.makeCounters();
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  /**
   * Counts a request for its key and for its workspace, and tells in the headers of the answer what is left of the nearer
   * limit. Throws 429 for one too many.
   */
  take(caller: Caller, reply: FastifyReply): Promise<void> | undefined {
    const keyLimit = caller.rateLimit ?? this.config.RATE_LIMIT_REQUESTS;
    return keyLimit === 0 && this.workspaceLimit === 0 ? undefined : this.count(caller, keyLimit, reply);
  }

  private async count({ workspaceId, quotaKeyId }: Caller, keyLimit: number, reply: FastifyReply): Promise<void> {
    // Both are under way before one is awaited: with Redis that is one round trip.
    const adding = this.workspaceLimit === 0 ? undefined : this.workspaceRequests.add(workspaceId);
    const ofKey = keyLimit === 0 ? undefined : await this.requests.add(quotaKeyId);
    const ofWorkspace = await adding;
    const leftOfKey = ofKey === undefined ? Infinity : keyLimit - ofKey.consumedPoints;
    const leftOfWorkspace = ofWorkspace === undefined ? Infinity : this.workspaceLimit - ofWorkspace.consumedPoints;
    if (leftOfKey < 0 || leftOfWorkspace < 0) {
      // What is refused does not count: a key beyond its limit must not use up what others share with it.
      if (ofKey) this.requests.giveBack(quotaKeyId);
      if (ofWorkspace) this.workspaceRequests.giveBack(workspaceId);
    }
    if (ofWorkspace && leftOfWorkspace < leftOfKey) this.admit('workspace', this.workspaceLimit, ofWorkspace, reply);
    else if (ofKey) this.admit('key', keyLimit, ofKey, reply);
  }

  private admit(whose: keyof typeof POLICIES, limit: number, counted: WindowState, reply: FastifyReply): void {
    const seconds = this.config.RATE_LIMIT_WINDOW_S;
    void reply.headers(rateLimitHeaders(POLICIES[whose], limit, seconds, counted));
    if (counted.consumedPoints > limit)
      throw tooMany(`The ${whose} may make ${limit} requests in ${seconds} seconds.`, counted);
  }

  /** Did too many keys that are not valid come from the client within the window? */
  isGuessing({ ip }: FastifyRequest): boolean {
    return this.guessing.has(clientNetwork(ip));
  }

  /** Counts a key that was not valid. Throws 429 for one too many from the same client. */
  async failed({ ip }: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limit = this.config.AUTH_FAILURES_PER_MINUTE;
    if (limit === 0) return;
    const client = clientNetwork(ip);
    const counted = await this.countFailure(client);
    if (counted.consumedPoints <= limit) return;
    this.guessing.set(client, counted.consumedPoints, { ttl: Math.max(1, counted.msBeforeNext) });
    void reply.headers(rateLimitHeaders('authentication', limit, FAILURE_WINDOW_S, counted));
    throw tooMany('This address sent too many invalid keys.', counted);
  }

  /** Past the limit there is nothing more to count. */
  private countFailure(client: string): WindowState | Promise<WindowState> {
    const consumedPoints = this.guessing.get(client);
    if (consumedPoints === undefined) return this.failures.add(client);
    return { consumedPoints, msBeforeNext: this.guessing.getRemainingTTL(client) };
  }

  private makeCounters(): void {
    this.requests = new WindowCounter('requests', this.config.RATE_LIMIT_WINDOW_S, this.redis);
    this.workspaceRequests = new WindowCounter('workspaces', this.config.RATE_LIMIT_WINDOW_S, this.redis);
    this.failures = new WindowCounter('failures', FAILURE_WINDOW_S, this.redis);
  }
}

function tooMany(what: string, { msBeforeNext }: WindowState): ApiException {
  count('rate_limited_requests');
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new ApiException(HttpStatus.TOO_MANY_REQUESTS, {
    code: 'rate_limit',
    message: `${what} Try again in ${seconds} seconds.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
