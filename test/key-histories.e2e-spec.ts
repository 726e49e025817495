import * as fc from 'fast-check';
import { OperatorKeys, type NewKey } from '../src/auth/operator-keys.js';
import type { Answer, Client } from './support/client.js';
import { startService, type Service } from './support/service.js';

/* Random histories of a workspace's keys, several changes at once: what holds for every one of them. */

const MAX_KEYS = 9;
const DAY_MS = 86_400_000;
const KEYS = '//api/keys';

let service: Service;
beforeAll(async () => {
  service = await startService({ MAX_KEYS: String(MAX_KEYS), RATE_LIMIT_WINDOW_S: '3600' });
});
afterAll(() => service.stop());

/** A key as the history knows it. */
interface KnownKey {
  id: string;
  client: Client;
  isAdmin: boolean;
  isRotated: boolean;
  /** The keys whose requests must not be more than its limit together. */
  family: { limit: number; served: number };
}

interface Step {
  kind: 'create' | 'rotate' | 'revoke' | 'ask';
  by: number;
  target: number;
  scopes: string[];
  overlap_seconds: number;
  limit: number | null | undefined;
  days: number | null | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('create', 'create', 'rotate', 'rotate', 'revoke', 'ask'),
  by: fc.nat(),
  target: fc.nat(),
  scopes: fc.constantFrom(['admin'], ['read']),
  overlap_seconds: fc.constantFrom(0, 3600, 2_592_000),
  limit: fc.constantFrom(undefined, undefined, null, 0, 2, 5, 100),
  days: fc.constantFrom(undefined, undefined, null, 5, 20, 40),
});

/** What the operator has made: admins that last differently long, one of them with a limit of its own. */
const OPERATORS_KEYS: Partial<NewKey>[] = [
  {},
  { expiresAt: new Date(Date.now() + 30 * DAY_MS) },
  { expiresAt: new Date(Date.now() + 10 * DAY_MS), rateLimit: 6 },
];

class History {
  private constructor(
    private readonly workspace: string,
    readonly keys: KnownKey[],
  ) {}

  static async start(made: Partial<NewKey>[]): Promise<History> {
    const workspace = `history ${Math.random()}`;
    const operator = service.app.get(OperatorKeys);
    const keys: KnownKey[] = [];
    for (const key of made) {
      const wanted: NewKey = { workspace, name: 'operator’s', scopes: ['admin'], mode: 'test', ...key };
      const { id, secret } = await operator.create(wanted);
      const family = { limit: key.rateLimit ?? Infinity, served: 0 };
      keys.push({ id, client: service.clientAs(secret), isAdmin: true, isRotated: false, family });
    }
    return new History(workspace, keys);
  }

  /** Runs steps at once, and looks at what they have left. */
  async run(steps: Step[]): Promise<void> {
    const [before, keys] = [await this.ends(), [...this.keys]];
    await Promise.all(steps.map((one) => this.take(one, keys, before)));
    const after = await this.ends();
    expect(this.lastingEnd(after)).toBeGreaterThanOrEqual(this.lastingEnd(before));
    expect([...after.values()].filter((end) => end > Date.now()).length).toBeLessThanOrEqual(MAX_KEYS);
    for (const { family } of this.keys) expect(family.served).toBeLessThanOrEqual(family.limit);
  }

  private async take(one: Step, keys: KnownKey[], before: Map<string, number>): Promise<void> {
    const [by, target] = [keys[one.by % keys.length], keys[one.target % keys.length]];
    if (by === undefined || target === undefined) return;
    const { status, body } = await this.ask(one, by.client, target.id);
    if (status !== 401 && status !== 429) by.family.served++;
    expect([200, 201, 400, 401, 403, 404, 409, 429]).toContain(status);
    if (body.secret === undefined) return;
    const end = body.expires_at === null ? Infinity : Date.parse(body.expires_at as string);
    expect(end).toBeLessThanOrEqual(before.get(by.id) ?? 0);
    if (one.kind === 'rotate') {
      expect(target.isRotated).toBe(false);
      target.isRotated = true;
      expect(end).toBeGreaterThanOrEqual(before.get(target.id) ?? Infinity);
    }
    const ancestor = one.kind === 'rotate' ? target : by;
    const isShared = one.kind === 'rotate' || by.family.limit < Infinity;
    const family = isShared ? ancestor.family : { limit: (body.rate_limit as number | null) || Infinity, served: 0 };
    const isAdmin = (body.scopes as string[]).includes('admin');
    this.keys.push({ id: body.id, client: service.clientAs(body.secret), isAdmin, isRotated: false, family });
  }

  private ask(one: Step, client: Client, target: string): Promise<Answer> {
    const { kind, scopes, limit, days, overlap_seconds } = one;
    if (kind === 'ask') return client.get('/opportunity?limit=1');
    if (kind === 'revoke') return client.delete(`${KEYS}/${target}`);
    if (kind === 'rotate') return client.post(`${KEYS}/${target}/rotate`, { overlap_seconds });
    const expires_at = days == null ? days : new Date(Date.now() + days * DAY_MS).toISOString();
    return client.post(KEYS, { name: 'made', scopes, rate_limit: limit, expires_at });
  }

  /** When each key ends, those that are revoked at once. */
  private async ends(): Promise<Map<string, number>> {
    const rows = await service.database.query<{ id: string; end: Date | null; revoked: boolean }>(
      `select k.id, expires_at as end, revoked_at is not null as revoked from api_key k
        join workspace w on w.id = workspace_id where w.name = $1`,
      [this.workspace],
    );
    return new Map(rows.map(({ id, end, revoked }) => [id, revoked ? 0 : (end?.getTime() ?? Infinity)]));
  }

  private lastingEnd(ends: Map<string, number>): number {
    const lasting = this.keys.filter(({ isAdmin, isRotated }) => isAdmin && !isRotated);
    return Math.max(...lasting.map(({ id }) => ends.get(id) ?? 0));
  }
}

it.each([
  ['with an admin key that lasts for ever', OPERATORS_KEYS],
  ['whose admin keys all end', OPERATORS_KEYS.slice(1)],
])(
  'a workspace %s keeps one that lasts as long; no key outlives or multiplies its maker',
  async (_name, made) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (history) => {
        const workspace = await History.start(made);
        for (const steps of history) await workspace.run(steps);
      }),
      { numRuns: 12 },
    );
  },
  120_000,
);
