import { readDecimal, type Decimal } from '../../common/json/exact-number.js';

/* The values of cells: what a text means as a number, a date, a time or a duration. Undefined for a text that means none. */

export const DECIMAL_MARKS = ['.', ','] as const;

export type DecimalMark = (typeof DECIMAL_MARKS)[number];

/** Without a mark there are no groups; with one, the other may stand between groups of three digits. */
const NUMBERS = {
  plain: /^-?\d+(?:\.\d+)?$/,
  '.': /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/,
  ',': /^-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$/,
} as const;

export function readNumber(text: string, mark: DecimalMark | null): Decimal | undefined {
  if (!NUMBERS[mark ?? 'plain'].test(text)) return undefined;
  if (mark === null) return readDecimal(text);
  const whole = text.replaceAll(mark === '.' ? ',' : '.', '');
  return readDecimal(whole.replace(',', '.'));
}

export const DATE_FORMATS = [
  'yyyy-MM-dd',
  'dd.MM.yyyy',
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd-MM-yyyy',
  'MM-dd-yyyy',
] as const;

export type DateFormat = (typeof DATE_FORMATS)[number];

const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const OTHER_DATE = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/;

/** The day as `YYYY-MM-DD`; whether it exists is for the rule of the attribute to say. */
export function readDate(text: string, format: DateFormat): string | undefined {
  if (format === 'yyyy-MM-dd') return ISO_DATE.test(text) ? text : undefined;
  const [, first = '', mark, second = '', year] = OTHER_DATE.exec(text) ?? [];
  if (year === undefined || mark !== format[2]) return undefined;
  const [day, month] = format.startsWith('dd') ? [first, second] : [second, first];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** Finds out in which form the dates of a column are: the first one decides, and a part above 12 tells day from month. */
export class DateOrder {
  private mark: string | undefined;
  private isDayFirst = false;
  private isMonthFirst = false;
  private isIso = false;

  /** Looks at a filled cell. */
  see(text: string): void {
    const [, first = '', mark, second = ''] = OTHER_DATE.exec(text) ?? [];
    if (this.mark === undefined && !this.isIso) {
      this.mark = mark;
      // A cell that is no date is a faulty row, and decides nothing.
      this.isIso = ISO_DATE.test(text);
    }
    if (this.mark === undefined || mark !== this.mark) return;
    this.isDayFirst ||= Number(first) > 12;
    this.isMonthFirst ||= Number(second) > 12;
  }

  /** The form; undefined if it can be two. */
  get format(): DateFormat | undefined {
    if (this.mark === undefined) return 'yyyy-MM-dd';
    if (this.mark === '.') return 'dd.MM.yyyy';
    if (this.isDayFirst === this.isMonthFirst) return undefined;
    const [first, second] = this.isDayFirst ? ['dd', 'MM'] : ['MM', 'dd'];
    return `${first}${this.mark}${second}${this.mark}yyyy` as DateFormat;
  }
}

const OFFSET = '(Z|[+-](?:0\\d|1[0-5])(?::?[0-5]\\d)?)?';
const FRACTION = '(?:[.,](\\d{1,9}))?';

/** The two forms of ISO 8601; the extended one also with a blank for its T. */
const TIMES = [
  `(\\d{4})-(\\d\\d)-(\\d\\d)(?:[T ]([01]\\d|2[0-3]):([0-5]\\d)(?::([0-5]\\d)${FRACTION})?${OFFSET})?`,
  `(\\d{4})(\\d\\d)(\\d\\d)(?:T([01]\\d|2[0-3])([0-5]\\d)(?:([0-5]\\d)${FRACTION})?${OFFSET})?`,
].map((form) => new RegExp(`^${form}$`, 'i'));

/** Before it the calendar was another one, by which the offsets of zones are told. */
const FIRST_YEAR = 1583;

/** The moment as the API writes it; without an offset it is a time of the zone, and a date alone is its midnight. */
export function readTime(text: string, zone: string): string | undefined {
  const parts = TIMES.map((form) => form.exec(text)).find((found) => found !== null);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = parts ?? [];
  if (year === undefined) return undefined;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    milliseconds,
  );
  const isReal = new Date(wall).getUTCDate() === Number(day) && new Date(wall).getUTCMonth() === Number(month) - 1;
  if (!isReal || Number(year) < FIRST_YEAR) return undefined;
  return new Date(wall - (offset === undefined ? offsetOf(wall, zone) : minutesOf(offset) * 60_000)).toISOString();
}

function minutesOf(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  // Two digits are hours alone, as PostgreSQL writes them.
  const minutes = Number(offset.slice(1, 3)) * 60 + (offset.length > 3 ? Number(offset.slice(-2)) : 0);
  return offset.startsWith('-') ? -minutes : minutes;
}

/** How far a zone is ahead of UTC when its clocks show a time; in an hour that comes twice, the first of them. */
function offsetOf(wall: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const before = aheadAt(wall - 86_400_000, zone);
  if (aheadAt(wall - before, zone) === before) return before;
  return aheadAt(wall - aheadAt(wall + 86_400_000, zone), zone);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The same at a moment. */
function aheadAt(moment: number, zone: string): number {
  const clock = clocks.get(zone) ?? clockOf(zone);
  clocks.set(zone, clock);
  const parts = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const numeric = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const;
  return new Intl.DateTimeFormat('en-u-ca-iso8601', { ...numeric, timeZone: zone, hourCycle: 'h23' });
}

/** Is it the name of a time zone? */
export function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string' || name === '' || /^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const DURATION = /^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?$/;

/** Seconds of a duration such as `1d 2h 3m 4s`, or of a number of seconds. */
export function readDuration(text: string): number | undefined {
  if (/^\d+(?:\.0+)?$/.test(text)) return Number(text);
  const parts = DURATION.exec(text);
  if (parts === null || text === '') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
