/** Where the probability of a deal comes from. */
export const PROBABILITY_SOURCES = ['stage', 'manual'] as const;

export type ProbabilitySource = (typeof PROBABILITY_SOURCES)[number];
