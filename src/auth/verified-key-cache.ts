import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.js';

const REMEMBERED_MS = 1000;
const MOST_KEYS = 10_000;

/** Who a verified key belongs to, and until when it is valid. */
export type VerifiedCaller = Caller & { expiresAt: string | null };

/** The keys that were verified within the last second, by their hash. */
@Injectable()
export class VerifiedKeyCache {
  // Without a resolution the cache would set a timer for every millisecond in which it is asked.
  private readonly callers = new LRUCache<string, VerifiedCaller>({
    max: MOST_KEYS,
    ttl: REMEMBERED_MS,
    ttlResolution: 0,
  });

  /** Undefined also for a key that has expired meanwhile. */
  get(hash: string): VerifiedCaller | undefined {
    return this.callers.get(hash);
  }

  set(hash: string, caller: VerifiedCaller): void {
    const left = caller.expiresAt === null ? REMEMBERED_MS : Date.parse(caller.expiresAt) - Date.now();
    if (left > 0) this.callers.set(hash, caller, { ttl: Math.min(left, REMEMBERED_MS) });
  }

  /** Has a key verified anew, because it was revoked or changed. */
  forget(keyId: string): void {
    for (const [hash, caller] of this.callers.entries()) if (caller.keyId === keyId) this.callers.delete(hash);
  }
}
