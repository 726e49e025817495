/** Stands for the types that openapi-typescript makes of openapi.json, which only the test of the sample client has. */
declare module 'crm-opportunity-api' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  export type paths = any;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  export type components = any;
}
