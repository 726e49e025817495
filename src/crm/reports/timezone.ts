import type { ParameterReader } from '../../common/index.js';

export const DEFAULT_TIMEZONE = 'UTC';

/** For the document. */
export const TIMEZONE = {
  type: String,
  default: DEFAULT_TIMEZONE,
  description: 'Time zone in which days begin: a name of the IANA database, such as `Europe/Berlin`.',
} as const;

/** The time zone of a request. PostgreSQL reads short names such as `CET` as a fixed offset, so only names with a placeholder are taken. */
export function readTimezone(reader: ParameterReader): string {
  const read = (text: string): { name: string } | string =>
    text === 'UTC' || text === 'GMT' || (text.includes('/') && isKnown(text))
      ? { name: text }
      : 'must be a time zone of the IANA database, such as Europe/Berlin, or UTC.';
  return reader.take('timezone', read)?.name ?? DEFAULT_TIMEZONE;
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
