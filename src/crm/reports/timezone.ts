import type { ParameterReader } from '../../common/index.js';

export const DEFAULT_TIMEZONE = 'UTC';

/** For the document. */
export const TIMEZONE = {
  type: String,
  default: DEFAULT_TIMEZONE,
  description:
    'Time zone in which days begin: `UTC`, or the name of a place in the IANA database, such as `Europe/Berlin`.',
} as const;

/** The time zone of a request. PostgreSQL reads short names such as `CET` as a fixed offset, so only names of a place are taken. */
export function readTimezone(reader: ParameterReader): string {
  const read = (text: string): { name: string } | string =>
    text === 'UTC' || text === 'GMT' || (text.includes('/') && isKnown(text))
      ? { name: text }
      : 'must be UTC, or the name of a place in the IANA database of time zones, such as Europe/Berlin.';
  return reader.take('timezone', read)?.name ?? DEFAULT_TIMEZONE;
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
