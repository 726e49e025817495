/** The states of a deal; any may be set through PATCH. */
export const OPPORTUNITY_STATUSES = ['Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed'] as const;

export type OpportunityStatus = (typeof OPPORTUNITY_STATUSES)[number];
