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
    average_days:
      'The average of the days that these deals have been in the stage, without those that came into it only after the moment.',
    rotten: 'Deals that have been in the stage for longer than its rotting_days, and are not snoozed.',
  },
  forecast: {
    month: 'The month of expected_closing; null for deals without one.',
    overdue: 'Whether the closing dates of these deals are before today.',
    count: 'Deals whose status is Open, Replied or Quotation, without the forecast category omitted.',
    base: BASE,
    weighted: WEIGHTED,
    by_category: 'The same deals by the forecast category of their stage; null for deals in no stage.',
    won: 'Deals whose status is Converted, by the month in which they were won.',
  },
  'win-rate': {
    month: 'The month in which the deals ended; with cohort=created, in which they were created.',
    won: WON,
    lost: LOST,
    closed: `${CLOSED} They count in no rate.`,
    rate_by_count: 'Won deals ÷ (won deals + lost deals).',
    rate_by_base: 'Base amount of the won deals ÷ base amount of the won and lost deals.',
  },
  losses: {
    lost: `${LOST} They were lost in the window.`,
    lost_reason: 'A deal with two reasons counts for both, and once in totals; null for deals without a reason.',
    base: BASE,
    by_stage: 'The same deals by the stage in which they were lost; null for deals that were created as Lost.',
  },
  cycle: {
    won: `${WON} They were won in the window.`,
    average_days: 'The average of the days from the creation of a deal until it was won.',
    median_days: 'Half of the deals took no longer than this number of days.',
    p90_days:
      'Nine of ten deals took no longer than this number of days. It is interpolated between two deals, as in spreadsheets.',
  },
  funnel: {
    entered: 'Open deals that came into the stage in the window; each deal counts once.',
    advanced: 'Entered deals that afterwards came into a later open or won stage of the pipeline, or were won.',
    rate: 'Advanced ÷ entered.',
  },
  velocity: {
    open_count: 'Deals whose status is now Open, Replied or Quotation.',
    average_won_base: 'Average base amount of the deals won in the window.',
    win_rate: 'Won deals ÷ (won deals + lost deals), among the deals that ended in the window.',
    average_cycle_days: 'Average days from creation until winning, of the deals won in the window.',
    velocity:
      'open_count × average_won_base × win_rate ÷ average_cycle_days: the base amount that the open deals bring in a day.',
  },
  changes: {
    opening: 'Deals that were open at the start of the window, with their amounts at that time.',
    new: 'Deals that were created in the window and are open at its end.',
    increased: 'The sum of the increases of deals that are open at the start and at the end.',
    decreased: 'The sum of the decreases of deals that are open at the start and at the end.',
    moved_in:
      'Older deals that are open at the end only: they were reopened, or their closing date or currency now fits the filters.',
    moved_out: 'Deals that are still open, but whose closing date or currency no longer fits the filters.',
    won: 'Deals that are open at the start and Converted at the end.',
    lost: 'Deals that are open at the start and Lost at the end.',
    closed: 'Deals that are open at the start and Closed at the end.',
    totals:
      'Open deals at the end: opening + new + increased − decreased + moved_in − moved_out − won − lost − closed.',
  },
};
