import type { Scope } from '../common/routes/scopes.js';

/** Who makes a request: the workspace and the key that authentication found. */
export interface Caller {
  workspaceId: string;
  keyId: string;
  scopes: readonly Scope[];
  /** The key whose quota the requests count against: the key itself, the one it replaces, or the limited one that made it. */
  quotaKeyId: string;
  /** Requests a window; null for what is configured, 0 for no limit. */
  rateLimit: number | null;
}
