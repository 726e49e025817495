/** What it means for a deal to be in a stage. */
export const STAGE_TYPES = ['open', 'won', 'lost'] as const;

export type StageType = (typeof STAGE_TYPES)[number];

/** How a forecast counts a deal. */
export const FORECAST_CATEGORIES = ['pipeline', 'best_case', 'commit', 'closed', 'omitted'] as const;

export type ForecastCategory = (typeof FORECAST_CATEGORIES)[number];

export const MOST_ROTTING_DAYS = 3650;
