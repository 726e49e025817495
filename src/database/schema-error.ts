/** A database or schema that the service cannot work with; the message says what to do. */
export class SchemaError extends Error {}
