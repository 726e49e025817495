import type { Type } from '@nestjs/common';
import { TimestampField } from './date.fields.js';
import { IdField, PositionField, VersionField, WorkspaceField } from './key.fields.js';

/** What every row of a resource has, in the order in which the API shows it. */
export interface ResourceRow {
  workspace_id: string;
  version: number;
  id: string;
  created_at: string;
  updated_at: string;
}

/**
 * The columns that every resource has, for its entity to extend. `prefix` is the prefix of its ids; `updated` says, for the
 * document, what counts as a change.
 */
export function Resource(prefix: string, updated = 'When the object was last changed.'): Type<ResourceRow> {
  class Row implements ResourceRow {
    @WorkspaceField()
    workspace_id: string;

    @VersionField()
    version: number;

    @IdField(prefix)
    id: string;

    @TimestampField({ description: 'When the object was created.' })
    created_at: string;

    @TimestampField({ description: updated })
    updated_at: string;
  }
  return Row;
}

/** What every ordered child of another object has, in the order in which the API shows it. */
export interface ChildResourceRow {
  workspace_id: string;
  version: number;
  id: string;
  idx: number;
}

/** The columns that every ordered child has, for its entity to extend. `prefix` is the prefix of its ids. */
export function ChildResource(prefix: string): Type<ChildResourceRow> {
  class Row implements ChildResourceRow {
    @WorkspaceField()
    workspace_id: string;

    @VersionField()
    version: number;

    @IdField(prefix)
    id: string;

    @PositionField()
    idx: number;
  }
  return Row;
}
