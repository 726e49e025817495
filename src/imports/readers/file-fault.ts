import type { ErrorCode } from '../../common/errors/error-codes.js';

/** Why a file cannot be read at all. It ends the check of the import. */
export class FileFault extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly line: number | null,
    readonly param: string | null = null,
  ) {
    super(message);
  }
}
