import { HttpStatus } from '@nestjs/common';
import {
  ApiException,
  type Call,
  NEXT_VERSION,
  type Page,
  pipeline,
  readTogether,
  resourceMissing,
  type SeenChildren,
  seenParameters,
  someChanged,
  type Versioned,
} from '../../common/index.js';
import { lockPipelines } from './pipeline.choices.js';

/* What a pipeline and its stages owe each other. Whoever writes stages locks the pipeline first, and holds off all deals. */

export type LockedPipeline = Versioned & { id: string };

/** Its id is the SQL expression `idSql` over `$2`, which is `id`. */
export async function lockPipeline(call: Call, id: string, idSql = '$2'): Promise<LockedPipeline | undefined> {
  const locked = lockPipelines(call, true);
  const text = `select id, version from pipeline where workspace_id = $1 and id = ${idSql} for update`;
  const found = call.manager.query<LockedPipeline[]>(text, [call.workspaceId, id]);
  await locked;
  return (await found)[0];
}

/** Notes that a stage changed; not when all that were `seen` are still the same. */
export async function touchPipeline(call: Call, id: string, seen?: SeenChildren): Promise<void> {
  const text = `update pipeline set ${NEXT_VERSION} where workspace_id = $1 and id = $2 ${someChanged(seen)}`;
  await call.manager.query(text, [call.workspaceId, id, ...seenParameters(seen)]);
}

/**
 * Reads the stages of a pipeline. Where there are none there may be no pipeline: then they are read again, at one moment with
 * the answer to that. Throws 404 naming the parameter that held the id.
 */
export async function listOfPipeline<T>(
  call: Call,
  id: string,
  list: (call: Call) => Promise<Page<T>>,
): Promise<Page<T>> {
  const page = await list(call);
  if (page.total !== 0) return page;
  return readTogether(call, async (call) => {
    const text = 'select id from pipeline where workspace_id = $1 and id = $2';
    const { page, found } = await pipeline({
      page: list(call),
      found: call.manager.query<unknown[]>(text, [call.workspaceId, id]),
    });
    if (found.length === 0) throw resourceMissing('pipeline', id, 'parent_id');
    return page;
  });
}

/** 409 for the deletion of what deals are in. */
export function stageInUse(count: number): ApiException {
  const message = `${count} deals are in it. Move them to another stage first, or send move_to with the id of one.`;
  return new ApiException(HttpStatus.CONFLICT, { code: 'stage_in_use', message, count });
}
