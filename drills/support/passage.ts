import type { Client, Json } from '../../test/support/client.js';
import { minimal } from '../../test/support/fixtures.js';

/** A client behind the proxy, one beside it, and what did not hold. */
export class Passage {
  checks = 0;
  readonly failures: string[] = [];

  constructor(
    readonly api: Client,
    readonly direct: Client,
  ) {}

  expect(what: string, found: unknown, wanted: unknown): void {
    this.checks += 1;
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    this.failures.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }

  async create(more: object = {}): Promise<Json> {
    const { status, body } = await this.api.post('/opportunity', { ...minimal, ...more });
    this.expect('create', status, 201);
    return body;
  }
}
