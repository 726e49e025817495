import { HttpStatus, Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { count } from '../../common/counts.js';
import { ApiException } from '../../common/errors/api.exception.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Caller } from '../caller.js';
import { clientNetwork } from './client-network.js';
import { rateLimitHeaders } from './headers.js';
import { WindowCounter, type Counted } from './window-counter.js';

const FAILURE_WINDOW_S = 60;

/** How much one key may ask for, and how often one address may fail to name a key. */
@Injectable()
export class RateLimits implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(RateLimits.name);
  private redis: Redis | undefined;
  private requests: WindowCounter;
  private failures: WindowCounter;

  constructor(@Inject(CONFIG) private readonly config: Config) {
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

  /** Counts a request and puts what is left into the headers of its answer. Throws 429 for one too many. */
  take({ keyId, rateLimit }: Caller, reply: FastifyReply): Promise<void> | undefined {
    const limit = rateLimit ?? this.config.RATE_LIMIT_REQUESTS;
    if (limit === 0) return undefined;
    return this.requests.add(keyId).then((counted) => {
      const seconds = this.config.RATE_LIMIT_WINDOW_S;
      void reply.headers(rateLimitHeaders('default', limit, seconds, counted));
      if (counted.consumedPoints > limit)
        throw tooMany(`The key may make ${limit} requests in ${seconds} seconds.`, counted);
    });
  }

  /** Counts a key that was not valid. Throws 429 for one too many from the same client; valid keys are not held up. */
  async failed({ ip }: FastifyRequest, reply: FastifyReply): Promise<void> {
    const limit = this.config.AUTH_FAILURES_PER_MINUTE;
    if (limit === 0) return;
    const counted = await this.failures.add(clientNetwork(ip));
    if (counted.consumedPoints <= limit) return;
    void reply.headers(rateLimitHeaders('authentication', limit, FAILURE_WINDOW_S, counted));
    throw tooMany('Too many keys that are not valid came from this address.', counted);
  }

  private makeCounters(): void {
    this.requests = new WindowCounter('requests', this.config.RATE_LIMIT_WINDOW_S, this.redis);
    this.failures = new WindowCounter('failures', FAILURE_WINDOW_S, this.redis);
  }
}

function tooMany(what: string, { msBeforeNext }: Counted): ApiException {
  count('rate_limited_requests');
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new ApiException(HttpStatus.TOO_MANY_REQUESTS, {
    code: 'rate_limit',
    message: `${what} Try again in ${seconds} seconds.`,
    headers: { 'Retry-After': String(seconds) },
  });
}
