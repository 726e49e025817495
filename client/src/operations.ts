import type { operations } from './schema.js';

/** An operation of the API, by its `operationId` in the API document. */
export type OperationId = keyof operations;

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never;

/** The query parameters of an operation. */
export type Query<Id extends OperationId> = operations[Id] extends { parameters: { query?: infer Parameters } }
  ? NonNullable<Parameters>
  : never;

/** The body that an operation takes. */
export type Body<Id extends OperationId> = operations[Id] extends { requestBody?: infer Content }
  ? Json<NonNullable<Content>>
  : never;

/** The body of an operation's successful response. */
export type Result<Id extends OperationId> = Json<
  operations[Id]['responses'][keyof operations[Id]['responses'] & (200 | 201 | 202)]
>;

/** An object of a list. */
export type Item<Id extends OperationId> = Result<Id> extends { data: readonly (infer Entry)[] } ? Entry : never;
