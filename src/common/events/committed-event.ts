/** An event after its commit, as the feed and webhooks tell it; the API document says what the attributes mean. */
export interface CommittedEvent {
  id: string;
  type: string;
  created_at: string;
  workspace: string;
  opportunity_id: string | null;
  object_id: string;
  version: number | null;
  derived_from: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  truncated: boolean;
  request_id: string | null;
  key_id: string | null;
  import_id: string | null;
}
