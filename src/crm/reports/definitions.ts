export const REPORT_NAMES = [
  'pipeline',
  'forecast',
  'win-rate',
  'losses',
  'cycle',
  'funnel',
  'velocity',
  'changes',
] as const;

export type ReportName = (typeof REPORT_NAMES)[number];

const OPEN = 'Deals whose status is Open, Replied or Quotation.';
const BASE = 'The sum of their base amounts, at the exchange rate that each deal has stored.';
const WEIGHTED = 'The sum of base amount × probability ÷ 100 of each deal.';
const WON = 'Deals whose status is Converted.';
const LOST = 'Deals whose status is Lost.';
const CLOSED = 'Deals whose status is Closed: neither won nor lost.';

/** What the words of each report mean, as its answer says. */
export const DEFINITIONS: Record<ReportName, Record<string, string>> = {
  pipeline: {
    open: OPEN,
    count: 'Open deals that are in the stage.',
    base: BASE,
    weighted: WEIGHTED,
    average_days: 'How long these deals have been in the stage on average, in days.',
    rotten: 'Deals that have been in the stage for longer than its rotting_days, and are not snoozed.',
  },
  forecast: {
    month: 'The month of expected_closing; null for deals without one.',
    overdue: 'Whether these deals should have closed before today.',
    count: 'Open deals: those whose status is Open, Replied or Quotation. The forecast category omitted is left out.',
    base: BASE,
    weighted: WEIGHTED,
    by_category: 'The same deals by the forecast category of their stage; null for deals in no stage.',
    won: 'Deals whose status is Converted, by the month in which they were won.',
  },
  'win-rate': {
    month: 'The month in which the deals ended; with cohort=created, in which they were created.',
    won: WON,
    lost: LOST,
    closed: `${CLOSED} They are in no rate.`,
    rate_by_count: 'Won deals ÷ (won deals + lost deals).',
    rate_by_base: 'Base amount of the won deals ÷ that of the won and lost deals.',
  },
  losses: {
    lost: `${LOST} The window is that of the time at which they were lost.`,
    lost_reason: 'A deal with two reasons counts for both, and once in totals; null for deals without a reason.',
    base: BASE,
    by_stage: 'The same deals by the stage that they were in before they were lost; null for deals created as Lost.',
  },
  cycle: {
    won: `${WON} The window is that of the time at which they were won.`,
    average_days: 'The average of the days from the creation of a deal until it was won.',
    median_days: 'Half of the deals took no longer than this.',
    p90_days: 'Nine of ten deals took no longer than this; between two deals it is interpolated, as spreadsheets do.',
  },
  funnel: {
    entered: 'Deals that came into the stage in the window while they were open, each once.',
    advanced: 'Those of them that came into a later open or won stage of the pipeline afterwards, or were won.',
    rate: 'Advanced ÷ entered.',
  },
  velocity: {
    open_count: 'Deals that are open now: those whose status is Open, Replied or Quotation.',
    average_won_base: 'Average base amount of the deals won in the window.',
    win_rate: 'Deals won ÷ (won + lost), of the deals that ended in the window.',
    average_cycle_days: 'Average days from the creation of the deals won in the window until they were won.',
    velocity: 'open_count × average_won_base × win_rate ÷ average_cycle_days: what the open deals bring in a day.',
  },
  changes: {
    opening: 'Deals that were open at the begin of the window, with their amounts of then.',
    new: 'Deals created in the window that are open at its end.',
    increased: 'By how much deals that are open at both ends grew.',
    decreased: 'By how much deals that are open at both ends shrank.',
    moved_in: 'Older deals that are open at the end only: reopened, or with a closing date that now fits the filters.',
    moved_out: 'Deals that are still open, but whose closing date no longer fits the filters.',
    won: 'Deals open at the begin that are Converted at the end.',
    lost: 'Deals open at the begin that are Lost at the end.',
    closed: 'Deals open at the begin that are Closed at the end.',
    totals:
      'Open deals at the end: opening + new + increased − decreased + moved_in − moved_out − won − lost − closed.',
  },
};
