import { Redis } from 'ioredis';

/** Longest wait for one answer; a request waits for it. */
const COMMAND_TIMEOUT_MS = 100;
const CONNECT_TIMEOUT_MS = 2000;
const LONGEST_PAUSE_MS = 1000;

/**
 * A client that is in nobody's way: it connects beside the start, answers at once that it cannot while there is no
 * connection, and goes on trying. `failed` is told why, once for every connection that is lost or refused.
 */
export function connectRedis(url: string, failed: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(attempt * 100, LONGEST_PAUSE_MS),
  });
  let told = false;
  redis.on('ready', () => {
    told = false;
  });
  redis.on('error', (error: Error) => {
    if (!told) failed(error);
    told = true;
  });
  return redis;
}
