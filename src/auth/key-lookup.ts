import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { setTimeout as wait } from 'node:timers/promises';
import { modeOfKey } from '../common/ids/api-key.format.js';
import { OperatorKeys } from './operator-keys.js';
import type { VerifiedCaller } from './verified-key-cache.js';

/** How long a key that does not exist is known not to exist. */
const UNKNOWN_MS = 1000;
const MOST_UNKNOWN = 10_000;

/** How often keys are looked up that come from addresses past their limit, and how many at a time. */
const BATCH_EVERY_MS = 100;
const LARGEST_BATCH = 1000;

/** Keys that are looked up together, and those of them that are valid, by their hash. */
interface Batch {
  hashes: Set<string>;
  valid: Promise<Map<string, VerifiedCaller>>;
}

/** Asks the database whose key it is. However many keys are made up, the database has little to do with them. */
@Injectable()
export class KeyLookup {
  private readonly unknown = new LRUCache<string, true>({ max: MOST_UNKNOWN, ttl: UNKNOWN_MS, ttlResolution: 0 });
  private batch: Batch | undefined;

  constructor(private readonly keys: OperatorKeys) {}

  /** Looks a key up: at once, or by a statement that it shares with all keys of the moment that are in no hurry. */
  async find(key: string, hash: string, pace: 'at once' | 'in batches'): Promise<VerifiedCaller | undefined> {
    if (modeOfKey(key) === undefined || this.unknown.has(hash)) return undefined;
    if (pace === 'in batches' && this.batch?.hashes.size === LARGEST_BATCH) return undefined;
    const valid = await (pace === 'at once' ? this.keys.findValid([hash]) : this.findInBatch(hash));
    const caller = valid.get(hash);
    if (caller === undefined) this.unknown.set(hash, true);
    return caller;
  }

  private findInBatch(hash: string): Batch['valid'] {
    this.batch ??= this.beginBatch();
    this.batch.hashes.add(hash);
    return this.batch.valid;
  }

  private beginBatch(): Batch {
    const hashes = new Set<string>();
    const valid = wait(BATCH_EVERY_MS).then(() => {
      this.batch = undefined;
      return this.keys.findValid([...hashes]);
    });
    return { hashes, valid };
  }
}
