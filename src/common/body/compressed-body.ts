import { HttpStatus } from '@nestjs/common';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { ApiException } from '../errors/api.exception.js';
import { unreadable, unsupported } from './json-body.js';

const DECODERS = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

const CODINGS = Object.keys(DECODERS).join(', ');

/**
 * A body without its `Content-Encoding`. It is given up as soon as it is larger than a body may be, so one that expands to
 * gigabytes costs no more than any other. zlib works beside the event loop.
 */
export async function decompress(bytes: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const name = coding.trim().toLowerCase().replace(/^x-/, '');
  if (name === 'identity') return bytes;
  if (!isKnown(name))
    throw unsupported(`The body must not be compressed with ${coding}; use one of ${CODINGS}, or no compression.`, {
      'Accept-Encoding': CODINGS,
    });
  try {
    return await DECODERS[name](bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw unreadable(`The body is not valid ${name}, although Content-Encoding names it.`);
  }
}

function isKnown(name: string): name is keyof typeof DECODERS {
  return Object.hasOwn(DECODERS, name);
}

function tooLarge(maxBytes: number): ApiException {
  return new ApiException(HttpStatus.PAYLOAD_TOO_LARGE, {
    code: 'body_too_large',
    message: `Request body is too large: after decompression it has more than ${maxBytes} bytes.`,
  });
}
