/** The attributes that `q` searches. */
export const SEARCHED = [
  'title',
  'party_name',
  'customer_name',
  'contact_display',
  'contact_email',
  'territory',
  'opportunity_owner',
] as const;

/** The expression of the index `opportunity_search`; the two must be equal for the index to be used. */
export const SEARCH_EXPRESSION = `search_words(workspace_id, ${SEARCHED.map((name) => `coalesce(${name}, '')`).join(" || ' ' || ")})`;
