import type { WindowState } from './window-counter.js';

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers: the policy is how many requests in how many seconds, the other one
 * how many are left and in how many seconds there are all of them again.
 */
export function rateLimitHeaders(
  name: string,
  limit: number,
  windowSeconds: number,
  { consumedPoints, msBeforeNext }: WindowState,
): Record<string, string> {
  const left = Math.max(0, limit - consumedPoints);
  return {
    'RateLimit-Policy': `"${name}";q=${limit};w=${windowSeconds}`,
    RateLimit: `"${name}";r=${left};t=${Math.max(0, Math.ceil(msBeforeNext / 1000))}`,
  };
}
