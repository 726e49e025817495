import type { Http, RequestOptions } from './http.js';
import type { List } from './list.js';
import type { Body, Item, Query, Result } from './operations.js';
import { Resource } from './resource.js';

/** All but `current` need a key with the scope `admin`. */
export class ApiKeys extends Resource<'ApiKey', 'ApiKeys'> {
  constructor(http: Http) {
    super(http, '/api/keys');
  }

  /** The key of this client. It needs no scope beyond `read`. */
  current(options?: RequestOptions): Promise<Result<'retrieveCurrentApiKey'>> {
    return this.http.request('GET', `${this.path}/current`, options);
  }

  rotate(id: string, body?: Body<'rotateApiKey'>, options?: RequestOptions): Promise<Result<'rotateApiKey'>> {
    return this.action<'rotateApiKey'>(id, '/rotate', body, options);
  }

  /** Who created, rotated and revoked the key, newest first. */
  history(id: string, query?: Query<'listApiKeyHistory'>, options?: RequestOptions): List<Item<'listApiKeyHistory'>> {
    return this.pages<'listApiKeyHistory'>(this.pathOf(id, '/history'), query, 'offset', options);
  }
}
