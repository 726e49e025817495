import { Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';

const MEMO_MS = 1000;
const MEMO_SIZE = 10_000;

/** Who a verified key belongs to, and until when it is valid. */
export type VerifiedCaller = Caller & { expiresAt: string | null };

/** The keys that were verified within the last second, by their hash. */
@Injectable()
export class KeyMemo {
  private readonly entries = new Map<string, { caller: VerifiedCaller; until: number }>();

  /** Undefined also for a key that has expired meanwhile. */
  get(hash: string): VerifiedCaller | undefined {
    const entry = this.entries.get(hash);
    if (entry === undefined) return undefined;
    const { expiresAt } = entry.caller;
    const expired = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
    if (entry.until > performance.now() && !expired) return entry.caller;
    this.entries.delete(hash);
    return undefined;
  }

  set(hash: string, caller: VerifiedCaller): void {
    if (this.entries.size >= MEMO_SIZE) this.entries.clear();
    this.entries.set(hash, { caller, until: performance.now() + MEMO_MS });
  }

  /** Has a key verified anew, because it was revoked or changed. */
  forget(keyId: string): void {
    for (const [hash, { caller }] of this.entries) if (caller.keyId === keyId) this.entries.delete(hash);
  }
}
