import { signal } from '@preact/signals';

/* Numbers, dates and names as people read them. */

const LOCALE = localeOfBrowser();
/** The time zone of the person. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const numbers = new Map<string, Intl.NumberFormat>();

/** Some systems give browsers a language that is no language tag, such as en-US@posix. */
function localeOfBrowser(): string {
  const [language = 'en'] = navigator.language.split('@');
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

function formatter(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(LOCALE, options);
  numbers.set(name, made);
  return made;
}

/** An amount in its currency; a number alone where there is none. Cents are shown where there are any. */
export function money(amount: number | null | undefined, currency?: string | null): string {
  if (amount === null || amount === undefined) return '–';
  const isWhole = Number.isInteger(amount);
  const name = `${currency ?? ''} ${String(isWhole)}`;
  const digits = isWhole ? { maximumFractionDigits: 0 } : {};
  return formatter(name, {
    ...(currency ? { style: 'currency', currency } : isWhole ? {} : { minimumFractionDigits: 2 }),
    ...digits,
  }).format(amount);
}

/** The same in few characters, for headings of columns and axes: 12.3K. */
export function shortMoney(amount: number | null | undefined, currency?: string | null): string {
  if (amount === null || amount === undefined) return '–';
  if (Math.abs(amount) < 10_000) return money(Math.round(amount), currency);
  return formatter(`short ${currency ?? ''}`, {
    notation: 'compact',
    maximumFractionDigits: 1,
    ...(currency ? { style: 'currency', currency } : {}),
  }).format(amount);
}

/** The same with two digits everywhere, for columns of a table. */
export function amount(value: number, currency?: string | null): string {
  const digits = currency
    ? ({ style: 'currency', currency } as const)
    : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return formatter(`amount ${currency ?? ''}`, digits).format(value);
}

export function count(number: number): string {
  return formatter('count', {}).format(number);
}

/** A number as it is, with its digits. */
export function plain(number: number | null | undefined): string {
  return number === null || number === undefined
    ? '–'
    : formatter('plain', { maximumFractionDigits: 9 }).format(number);
}

/** A number that was written; a text that is none stays as it is, so that the service refuses it with a sentence. */
export function numberOrText(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  return formatter('percent', { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The present minute: what is told in relation to it does not grow old on a page that stays open. */
const present = signal(Date.now());
setInterval(() => (present.value = Date.now()), MINUTE_MS);

/** Today as the API writes dates, in the time zone of the person. */
export function today(): string {
  return dayOf(new Date(present.value));
}

export function dayOf(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const shortDay = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const longDay = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const monthName = new Intl.DateTimeFormat(LOCALE, { month: 'short', year: 'numeric', timeZone: 'UTC' });
const exactTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' });

/** A date such as 2027-01-31; the year is left out where it is the present one. */
export function date(day: string | null | undefined): string {
  if (!day) return '–';
  const isThisYear = day.slice(0, 4) === today().slice(0, 4);
  return (isThisYear ? shortDay : longDay).format(new Date(`${day}T00:00:00Z`));
}

/** A month such as 2027-01. */
export function month(text: string): string {
  return monthName.format(new Date(`${text}-01T00:00:00Z`));
}

export function time(moment: string): string {
  return exactTime.format(new Date(moment));
}

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'short' });
const STEPS = [
  ['year', 365 * DAY_MS],
  ['month', 30 * DAY_MS],
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', MINUTE_MS],
] as const;

/** How long ago: 3 min. ago. */
export function ago(moment: string, now = present.value): string {
  const difference = new Date(moment).getTime() - now;
  for (const [unit, length] of STEPS)
    if (Math.abs(difference) >= length) return relative.format(Math.trunc(difference / length), unit);
  return 'just now';
}

export function isPast(moment: string): boolean {
  return Date.parse(moment) <= present.value;
}

export function daysSince(moment: string, now = present.value): number {
  return Math.max(0, Math.floor((now - new Date(moment).getTime()) / DAY_MS));
}

export function duration(seconds: number): string {
  if (seconds < 60) return 'less than a minute';
  if (seconds < 3600) return plural(Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return plural(Math.floor(seconds / 3600), 'hour');
  return plural(Math.floor(seconds / 86_400), 'day');
}

const NAMES: Record<string, string> = {
  opportunity_owner: 'Owner',
  opportunity_amount: 'Amount',
  base_opportunity_amount: 'Amount in company currency',
  base_total: 'Items in company currency',
  total: 'Total of the items',
  expected_closing: 'Closing date',
  transaction_date: 'Date',
  opportunity_from: 'From',
  opportunity_type: 'Type',
  order_lost_reason: 'Details of the loss',
  sales_stage: 'Stage',
  stage_id: 'Stage',
  pipeline_id: 'Pipeline',
  probability_source: 'Source of probability',
  id: 'Id',
  external_id: 'External id',
  image_view: 'Picture to show',
  image: 'Picture',
  rotten_at: 'Rotten from',
  base_rate: 'Rate in company currency',
  base_amount: 'Amount in company currency',
  party_name: 'Party',
  conversion_rate: 'Exchange rate',
  no_of_employees: 'Employees',
  first_response_time: 'First response (seconds)',
  contact_email: 'E-mail',
  contact_mobile: 'Mobile',
  contact_display: 'Contact',
  address_display: 'Address',
  customer_address: 'Name of the address',
  phone_ext: 'Extension',
  whatsapp: 'WhatsApp',
  utm_source: 'Source',
  utm_campaign: 'Campaign',
  utm_medium: 'Medium',
  utm_content: 'Content',
  created_at: 'Created',
  rotten: 'Rotten',
  qty: 'Quantity',
  uom: 'Unit',
};

/** The name of an attribute: Closing date for `expected_closing`. */
export function attributeName(attribute: string): string {
  const known = NAMES[attribute];
  if (known !== undefined) return known;
  const text = attribute.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function statusName(status: string): string {
  return status === 'Converted' ? 'Won' : status;
}
