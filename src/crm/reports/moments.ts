import { invalidParameter, isDay, isTimestamp, type Call } from '../../common/index.js';
import { AS_OF } from './aggregate.sql.js';
import { midnightOf, momentText } from './periods.js';
import { runReport } from './run-report.js';

/** The moments that a request names, each as a date or a time. */
export interface AskedMoments {
  from?: string | undefined;
  to?: string | undefined;
  at?: string | undefined;
}

/** The same as the API writes times; and the present. */
export interface Moments {
  from: string | null;
  to: string | null;
  at: string | null;
  as_of: string;
  /** The day in the time zone. */
  today: string;
}

/** A date or a time, or what is wrong with it. */
export function readMoment(text: string): { text: string } | string {
  return isDay(text) || isTimestamp(text)
    ? { text }
    : 'must be a date such as 2024-01-15, or a time such as 2024-01-15T09:30:00.000Z.';
}

export function readDay(text: string): { text: string } | string {
  return isDay(text) ? { text } : 'must be a date that exists, in the form YYYY-MM-DD.';
}

/** What the moments are in the time zone. Throws 400 for a window that ends before it begins, and for what is still to come. */
export async function resolveMoments(call: Call, asked: AskedMoments, timezone: string): Promise<Moments> {
  const [found] = await runReport<Moments & { is_reversed: boolean; is_to_come: boolean }>(call, (placeholder) => {
    const zone = `${placeholder(timezone)}::text`;
    const moment = (text: string | undefined): string => {
      if (text === undefined) return 'null::timestamptz';
      return isDay(text) ? midnightOf(`${placeholder(text)}::date`, zone) : `${placeholder(text)}::timestamptz`;
    };
    return `select ${momentText('f')} as from, ${momentText('t')} as to, ${momentText('a')} as at, n as as_of,
        (n at time zone ${zone})::date as today, coalesce(f > t, false) as is_reversed, coalesce(a > n, false) as is_to_come
      from (select ${moment(asked.from)} as f, ${moment(asked.to)} as t, ${moment(asked.at)} as a, ${AS_OF} as n
        where $1::text is not null) moments`;
  });
  if (found === undefined) throw new Error('There is always a present.');
  if (found.is_reversed) throw invalidParameter('from', 'from must not be after to.');
  if (found.is_to_come) throw invalidParameter('at', 'at must not be in the future.');
  return found;
}
