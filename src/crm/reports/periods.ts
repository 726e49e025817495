/** The periods that a day can be cut to; a fiscal year may start with any month. */
export const PERIODS = ['day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year'] as const;

export type PeriodName = (typeof PERIODS)[number];

/** How PostgreSQL cuts days to one kind of period; every argument is the SQL expression of a date. */
export interface Period {
  /** The first day of the period that a day is in. */
  startOf: (day: string) => string;
  /** The first day of the period after the one that starts on this day. */
  nextOf: (start: string) => string;
  /** The text that names the period that starts on this day. */
  keyOf: (start: string) => string;
  /** The length, as an interval. */
  length: string;
}

const UNITS: Record<PeriodName, { unit: 'day' | 'week' | 'month' | 'quarter' | 'year'; key: string }> = {
  day: { unit: 'day', key: 'YYYY-MM-DD' },
  week: { unit: 'week', key: 'IYYY-"W"IW' },
  month: { unit: 'month', key: 'YYYY-MM' },
  quarter: { unit: 'quarter', key: 'YYYY-"Q"Q' },
  year: { unit: 'year', key: 'YYYY' },
  fiscal_quarter: { unit: 'quarter', key: '"FY"YYYY-"Q"Q' },
  fiscal_year: { unit: 'year', key: '"FY"YYYY' },
};

const LENGTHS = { day: '1 day', week: '7 days', month: '1 month', quarter: '3 months', year: '1 year' } as const;

/**
 * A fiscal year is the calendar year of the same days moved on to where it ends: with April as its first month, April 2026 and
 * nine months are in 2027.
 */
export function periodOf(name: PeriodName, fiscalYearStart: number): Period {
  const { unit, key } = UNITS[name];
  const months = name.startsWith('fiscal') ? (13 - fiscalYearStart) % 12 : 0;
  const shift = months === 0 ? '' : ` interval '${months} months'`;
  const moved = (day: string): string => (shift === '' ? `${day}::timestamp` : `${day} +${shift}`);
  const movedBack = shift === '' ? '' : ` -${shift}`;
  const length = `interval '${LENGTHS[unit]}'`;
  return {
    startOf: (day) => (unit === 'day' ? day : `(date_trunc('${unit}', ${moved(day)})${movedBack})::date`),
    nextOf: (start) => `(${start} + ${length})::date`,
    keyOf: (start) => `to_char(${moved(start)}, '${key}')`,
    length,
  };
}

/** The midnight at which a day begins in a time zone, as a moment. */
export function midnightOf(day: string, zone: string): string {
  return `(${day}::timestamp at time zone ${zone})`;
}

/**
 * The day that a moment is in. Where clocks are turned back over midnight, the first minutes of a day come twice; the day begins
 * with the second time, so that each day is one stretch of moments.
 */
export function dayOf(moment: string, zone: string): string {
  const day = `(${moment} at time zone ${zone})::date`;
  return `case when ${moment} < ${midnightOf(day, zone)} then ${day} - 1 else ${day} end`;
}

/** A moment as the API writes it, as text. */
export function momentText(moment: string): string {
  return `to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
