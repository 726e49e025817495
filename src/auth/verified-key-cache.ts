import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.js';

const REMEMBERED_MS = 1000;
const MOST_KEYS = 10_000;

/** Who a verified key belongs to, and until when it is valid. */
export type VerifiedCaller = Caller & { expiresAt: string | null };

type Lookup = Promise<VerifiedCaller | undefined>;

/** The keys that were verified within the last second, and those that are being looked up, by their hash. */
@Injectable()
export class VerifiedKeyCache {
  // Without a resolution the cache would set a timer for every millisecond in which it is asked.
  private readonly callers = new LRUCache<string, VerifiedCaller>({
    max: MOST_KEYS,
    ttl: REMEMBERED_MS,
    ttlResolution: 0,
  });

  private readonly lookups = new Map<string, Lookup>();

  /** Undefined also for a key that has expired meanwhile. */
  get(hash: string): VerifiedCaller | undefined {
    return this.callers.get(hash);
  }

  /** Has a key looked up and remembered. Requests that come meanwhile share the look, which takes a connection. */
  find(hash: string, look: () => Lookup): Lookup {
    const underWay = this.lookups.get(hash);
    if (underWay !== undefined) return underWay;
    const isCurrent = (): boolean => this.lookups.get(hash) === lookup;
    const lookup = look()
      .then((caller) => {
        if (caller !== undefined && isCurrent()) this.remember(hash, caller);
        return caller;
      })
      .finally(() => {
        if (isCurrent()) this.lookups.delete(hash);
      });
    this.lookups.set(hash, lookup);
    return lookup;
  }

  private remember(hash: string, caller: VerifiedCaller): void {
    const left = caller.expiresAt === null ? REMEMBERED_MS : Date.parse(caller.expiresAt) - Date.now();
    if (left > 0) this.callers.set(hash, caller, { ttl: Math.min(left, REMEMBERED_MS) });
  }

  /** Has a key verified anew, because it was revoked or changed. A look that began before may not know of that. */
  forget(keyId: string): void {
    for (const [hash, caller] of this.callers.entries()) if (caller.keyId === keyId) this.callers.delete(hash);
    this.lookups.clear();
  }
}
