import type { LoggerService } from '@nestjs/common';
import cluster from 'node:cluster';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/config.js';

/** The one logger of the process: JSON lines for machines, readable ones for people. */
export function createLogger(config: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>): Logger {
  // With several processes, a line has to say which one it is of.
  const base = cluster.isWorker ? { pid: process.pid } : null;
  const options = { level: config.LOG_LEVEL, base, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  if (config.LOG_FORMAT === 'json') return pino(options);
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true }));
}

/** What Nest and its modules log, through the same logger. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal') =>
    (message: unknown, ...more: unknown[]): void => {
      const context = more.at(-1);
      const fields = typeof message === 'object' && message !== null ? message : { msg: String(message) };
      logger[level]({ ...(typeof context === 'string' && { context }), ...fields });
    };
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}
