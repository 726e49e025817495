import { KeyError } from '../auth/operator-keys.js';

const MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90d`, `24h`, `30m` or `10s` in milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  const ms = MS[unit];
  if (amount === undefined || ms === undefined)
    throw new KeyError(`'${text}' is not a duration; write 90d, 24h, 30m or 10s.`);
  return Number(amount) * ms;
}
