export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Which part of a list is wanted. */
export interface PageQuery {
  limit?: number;
  offset?: number;
}
