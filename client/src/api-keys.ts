import type { RequestOptions } from './http.js';
import type { Body, Result } from './operations.js';
import { Resource } from './resource.js';

/** All but `current` need a key with the scope `admin`. */
export class ApiKeys extends Resource<'ApiKey', 'ApiKeys'> {
  /** Who created, rotated and revoked the key, newest first. */
  readonly history = this.listOf<'listApiKeyHistory'>('/history');

  /** The key of this client. It needs no scope beyond `read`. */
  current(options?: RequestOptions): Promise<Result<'retrieveCurrentApiKey'>> {
    return this.http.request('GET', `${this.path}/current`, options);
  }

  rotate(id: string, body?: Body<'rotateApiKey'>, options?: RequestOptions): Promise<Result<'rotateApiKey'>> {
    return this.http.request('POST', this.pathOf(id, '/rotate'), { ...options, body });
  }
}
