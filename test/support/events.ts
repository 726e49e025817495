/** The keys of every event, in their order. */
export const KEYS_OF_AN_EVENT = [
  'id',
  'type',
  'created_at',
  'workspace',
  'opportunity_id',
  'object_id',
  'version',
  'derived_from',
  'before',
  'after',
  'truncated',
  'request_id',
  'key_id',
  'import_id',
];
