const OPPORTUNITY = 'opportunity_01jhqz3v5xk8m2n4p6r8t0v2w4';
const ITEM = 'opportunity-item_01jhqz3v5xk8m2n4p6r8t0v2w4';

/** Bodies for the API document; they work as they stand once the ids are those of objects that exist. */
export const createExample = {
  opportunity_id: OPPORTUNITY,
  item_code: 'CHAIR-01',
  item_name: 'Office chair',
  qty: 12,
  uom: 'Nos',
  rate: 89.95,
};

export const updateExample = { qty: 10, rate: 92.5 };

export const reorderExample = { parent_id: OPPORTUNITY, ids: [ITEM] };
