/** Who writes: the workspace and the key of the caller, and the request. Every writing method of a service takes it first. */
export interface WriteAuthor {
  workspaceId: string;
  keyId: string;
  requestId: string;
}
