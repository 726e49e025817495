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
