const OPPORTUNITY = 'opportunity_01jhqz3v5xk8m2n4p6r8t0v2w4';
const REASON = 'opportunity-lost-reason-detail_01jhqz3v5xk8m2n4p6r8t0v2w4';

/** Bodies for the API document; they work as they stand once the ids are those of objects that exist. */
export const createExample = { opportunity_id: OPPORTUNITY, lost_reason: 'Price' };

export const updateExample = { lost_reason: 'Price too high' };

export const reorderExample = { parent_id: OPPORTUNITY, ids: [REASON] };
