import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from './caller.js';

const INTERVAL_MS = 60_000;
const REMEMBERED = 10_000;

/** Once a minute for each key, whatever the number of processes; the version counts, as what is shown of the key changes. */
const NOTE = `update api_key set last_used_at = clock_timestamp(), version = version + 1
  where workspace_id = $1 and id = $2 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`;

/** Notes when keys are used, beside the requests that use them: none waits for it, and none fails with it. */
@Injectable()
export class KeyUse {
  private readonly logger = new Logger(KeyUse.name);
  private readonly touched = new Map<string, number>();

  constructor(private readonly dataSource: DataSource) {}

  touch({ workspaceId, keyId }: Caller): void {
    const now = performance.now();
    const last = this.touched.get(keyId);
    if (last !== undefined && now - last < INTERVAL_MS) return;
    if (this.touched.size >= REMEMBERED) this.touched.clear();
    this.touched.set(keyId, now);
    this.dataSource.query(NOTE, [workspaceId, keyId]).catch((error: unknown) => {
      this.logger.debug({ msg: 'the use of a key was not noted', key_id: keyId, error: String(error) });
    });
  }
}
