/** Bodies for the API document; they work as they stand. */
export const createExample = { name: 'nightly import', scopes: ['read', 'write'], rate_limit: 500 };

export const rotateExample = { overlap_seconds: 3600 };
