import type { Config } from '../config/config.js';
import { createLogger } from './logger.js';

type Format = Pick<Config, 'LOG_FORMAT'>;

/** Tells whoever runs the service something, whatever LOG_LEVEL is. With JSON logs it is a line of the log, so that every line is JSON. */
export function say({ LOG_FORMAT }: Format, message: string): void {
  if (LOG_FORMAT === 'pretty') console.log(message);
  else createLogger({ LOG_FORMAT, LOG_LEVEL: 'info' }).info(message.trim());
}

/** The same for a reason to end. An error that nobody expected is told with its stack. */
export function sayFailure({ LOG_FORMAT }: Format, problem: unknown): void {
  if (LOG_FORMAT === 'pretty') console.error(problem);
  else createLogger({ LOG_FORMAT, LOG_LEVEL: 'fatal' }).fatal(problem instanceof Error ? problem : String(problem));
}
