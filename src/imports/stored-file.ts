import type { Call } from '../common/index.js';

/** The size of all parts of a file but the last. */
export const CHUNK_BYTES = 256 * 1024;

const CHUNK = 'select bytes from import_chunk where workspace_id = $1 and file_id = $2 and number = $3';

/** The bytes of a stored file from a place on, a part at a time. */
export async function* storedBytes(call: Call, fileId: string, offset = 0): AsyncGenerator<Buffer> {
  for (let number = Math.floor(offset / CHUNK_BYTES); ; number++) {
    const [chunk] = await call.manager.query<{ bytes: Buffer }[]>(CHUNK, [call.workspaceId, fileId, number]);
    if (chunk === undefined) return;
    const start = Math.max(0, offset - number * CHUNK_BYTES);
    if (start < chunk.bytes.length) yield chunk.bytes.subarray(start);
    if (chunk.bytes.length < CHUNK_BYTES) return;
  }
}
