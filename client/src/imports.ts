import type { RequestOptions } from './http.js';
import type { Result } from './operations.js';
import { Collection } from './resource.js';

export class Imports extends Collection<'Import', 'Imports'> {
  protected override readonly paging = 'offset';
  readonly run = this.action<'runImport'>('POST', '/{id}/run');
  /** Ends the import; what it has written stays. */
  readonly cancel = this.action<'cancelImport'>('POST', '/{id}/cancel');
  /** Deletes the deals that it has created and that nobody has changed since. */
  readonly revert = this.action<'revertImport'>('POST', '/{id}/revert');

  /** Sends the file, whose `type` is `text/csv` or `application/x-ndjson`. Without a `timeout`, it takes as long as it takes. */
  upload(id: string, file: Blob, options?: RequestOptions): Promise<Result<'uploadImportFile'>> {
    const path = this.pathOf('/{id}/file', id);
    return this.http.request('PUT', path, { timeout: Number.POSITIVE_INFINITY, ...options, body: file });
  }

  /** What became of each row, as JSON lines. */
  results(id: string, options?: RequestOptions): Promise<Response> {
    return this.http.download(this.pathOf('/{id}/results.ndjson', id), options);
  }

  /** The failed rows as they were, in the format of the file, with their errors. */
  errors(id: string, format: 'csv' | 'ndjson', options?: RequestOptions): Promise<Response> {
    return this.http.download(this.pathOf(`/{id}/errors.${format}`, id), options);
  }
}
