/** Bodies for the API document; they work as they stand. */
export const createExample = {
  opportunity_from: 'Lead',
  party_name: 'Acme Industries',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
  title: 'Office chairs for the new site',
  currency: 'USD',
  opportunity_amount: 12500.5,
  probability: 40,
  expected_closing: '2024-03-31',
  contact_email: 'robin@example.com',
};

export const updateExample = { status: 'Quotation', probability: 60, sales_stage: 'Proposal' };

export const loseExample = { lost_reasons: [{ lost_reason: 'Price' }], order_lost_reason: 'The budget was cut.' };

export const replaceItemsExample = {
  items: [
    { item_name: 'Office chair', qty: 12, rate: 89.95 },
    { item_name: 'Delivery', qty: 1, rate: 120 },
  ],
};

export const replaceLostReasonsExample = { lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Timing' }] };

export const batchExample = {
  operations: [
    { method: 'create', body: { ...createExample, items: [{ item_name: 'Office chair', qty: 12, rate: 89.95 }] } },
    { method: 'create', body: { ...createExample, title: 'Desks' } },
  ],
};
