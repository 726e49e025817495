import { createHmac, randomBytes } from 'node:crypto';

/** A secret as it is kept. */
export interface StoredSecret {
  secret: string;
  /** When it ends; null for the current one. */
  expires_at: string | null;
}

const PREFIX = 'whsec_';

export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** Those that sign now, newest first. */
export function signingSecrets(stored: readonly StoredSecret[], now = Date.now()): string[] {
  return stored
    .filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > now)
    .map(({ secret }) => secret);
}

/** What is kept after a rotation: the new secret, and the others until their end; undefined if there are too many. */
export function rotated(
  stored: readonly StoredSecret[],
  secret: string,
  keptMs: number,
  now = Date.now(),
): StoredSecret[] | undefined {
  const current: StoredSecret = { secret, expires_at: null };
  if (keptMs === 0) return [current];
  const old = stored.filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > now);
  if (old.length > MOST_OLD) return undefined;
  const end = new Date(now + keptMs).toISOString();
  return [current, ...old.map((each) => ({ ...each, expires_at: each.expires_at ?? end }))];
}

const MOST_OLD = 2;

/** The headers that prove where a delivery comes from: Standard Webhooks, and the form that Stripe's libraries read. */
export function signatureHeaders(
  id: string,
  timestamp: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const standard = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  const own = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standard.join(' '),
    'crm-signature': [`t=${timestamp}`, ...own].join(','),
  };
}
