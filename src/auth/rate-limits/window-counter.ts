import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Redis } from 'ioredis';

/** How long Redis is left alone after it failed, so that not every request waits for it to fail again. */
const AWAY_MS = 1000;

/** What is counted of a key: in its window so far, and until that ends. */
export type WindowState = Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'>;

/**
 * Counts by key in windows that begin with the first count; what is too many is for the caller to say, as keys differ.
 * With Redis all processes count together. While it does not answer each counts for itself: a limit that is too wide
 * for a moment is better than no service.
 */
export class WindowCounter {
  private readonly own: RateLimiterMemory;
  private readonly shared: RateLimiterRedis | undefined;
  private awayUntil = 0;

  constructor(name: string, seconds: number, redis?: Redis) {
    const options = { keyPrefix: `crm:${name}`, points: Number.MAX_SAFE_INTEGER, duration: seconds };
    this.own = new RateLimiterMemory(options);
    if (redis) this.shared = new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true });
  }

  add(key: string): Promise<WindowState> {
    if (this.shared === undefined || performance.now() < this.awayUntil) return this.own.consume(key);
    return this.shared.consume(key).catch(() => {
      this.awayUntil = performance.now() + AWAY_MS;
      return this.own.consume(key);
    });
  }

  /** Takes one back beside the requests; if that fails, it stays counted until the window ends. */
  giveBack(key: string): void {
    const counter = this.shared === undefined || performance.now() < this.awayUntil ? this.own : this.shared;
    counter.reward(key).catch(() => undefined);
  }
}
