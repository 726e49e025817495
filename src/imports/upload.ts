import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { HttpStatus } from '@nestjs/common';
import { requireUtf8, unreadable, unsupported } from '../common/body/json-body.js';
import { afterRequest } from '../common/call/deadline.js';
import { newId } from '../common/ids/id.js';
import { ApiException, type Call } from '../common/index.js';
import type { ImportFormat } from './import.entity.js';
import { CHUNK_BYTES } from './stored-file.js';

/** A file that was stored, and is nobody's yet. */
export interface StoredUpload {
  fileId: string;
  bytes: number;
  sha256: string;
}

export interface Upload {
  stream: Readable;
  mediaType: string;
  coding: string | undefined;
}

const STORE = 'insert into import_chunk (workspace_id, file_id, number, bytes) values ($1, $2, $3, $4)';
/** Unless an import has it: a commit may have succeeded though its answer was lost. */
const FORGET = `delete from import_chunk where workspace_id = $1 and file_id = $2
  and not exists (select from import where workspace_id = $1 and import.file_id = $2)`;

export const CSV_TYPE = 'text/csv';
export const NDJSON_TYPE = 'application/x-ndjson';

/** Throws 415 for what is no file of the format. */
export function requireFileType(format: ImportFormat, { mediaType, coding }: Omit<Upload, 'stream'>): void {
  const wanted = format.endsWith('csv') ? CSV_TYPE : NDJSON_TYPE;
  const [type = ''] = mediaType.split(';');
  if (type.trim().toLowerCase() !== wanted)
    throw unsupported(`The file of this import must be sent as Content-Type ${wanted}.`);
  requireUtf8(mediaType);
  if (coding === undefined || isGzip(coding) || coding.trim().toLowerCase() === 'identity') return;
  throw unsupported('The file must be sent with Content-Encoding gzip, or without Content-Encoding.', {
    'Accept-Encoding': 'gzip',
  });
}

function isGzip(coding: string): boolean {
  return /^\s*(?:x-)?gzip\s*$/i.test(coding);
}

/** Stores a file part by part as it arrives, unpacked. What was stored of one that breaks off is deleted again. */
export async function storeUpload(call: Call, upload: Upload, mostBytes: number): Promise<StoredUpload> {
  const fileId = newId('file');
  try {
    return await store(call, fileId, upload, mostBytes);
  } catch (error) {
    await forgetUpload(call, fileId).catch(() => undefined);
    throw error;
  }
}

/** Also where the client has left, with which its request is over. */
export async function forgetUpload(call: Call, fileId: string): Promise<void> {
  await afterRequest(call).manager.query(FORGET, [call.workspaceId, fileId]);
}

async function store(call: Call, fileId: string, { stream, coding }: Upload, mostBytes: number): Promise<StoredUpload> {
  const hash = createHash('sha256');
  let [bytes, number] = [0, 0];
  const keep = async (parts: AsyncIterable<Buffer>): Promise<void> => {
    for await (const part of inChunks(limited(parts, mostBytes))) {
      hash.update(part);
      bytes += part.length;
      await call.manager.query(STORE, [call.workspaceId, fileId, number++, part]);
    }
  };
  // Whatever is wrong with the file, its request has to stay for the answer.
  const sent = limited(stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>, mostBytes);
  if (coding === undefined || !isGzip(coding)) await keep(sent);
  else {
    const first = await sent.next();
    // Many clients pack nothing into no bytes at all.
    if (first.done !== true)
      await pipe(Readable.from(startingWith(first.value, sent)), createGunzip(), keep).catch(asUnreadable);
  }
  return { fileId, bytes, sha256: hash.digest('hex') };
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* limited(parts: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > mostBytes) throw tooLarge(mostBytes);
    yield part;
  }
}

async function* inChunks(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const part of parts) {
    pending.push(part);
    size += part.length;
    if (size < CHUNK_BYTES) continue;
    const all = Buffer.concat(pending);
    let at = 0;
    for (; all.length - at >= CHUNK_BYTES; at += CHUNK_BYTES) yield all.subarray(at, at + CHUNK_BYTES);
    pending = [all.subarray(at)];
    size = all.length - at;
  }
  if (size > 0) yield Buffer.concat(pending);
}

function asUnreadable(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_') === true) throw unreadable('Content-Encoding says gzip, but the file is not valid gzip.');
  throw error;
}

function tooLarge(mostBytes: number): ApiException {
  return new ApiException(HttpStatus.PAYLOAD_TOO_LARGE, {
    code: 'body_too_large',
    message: `The file is too large: sent or unpacked, it has more than ${mostBytes} bytes.`,
  });
}
