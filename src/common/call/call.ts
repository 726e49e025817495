import type { EntityManager } from 'typeorm';

/**
 * One request's way to the data: who asks, in which request, on which connection. Every method that reads or writes takes
 * it first; a transaction hands its work a call of its own.
 */
export interface Call {
  workspaceId: string;
  keyId: string;
  requestId: string;
  manager: EntityManager;
}
