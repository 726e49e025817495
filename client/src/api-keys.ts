import { Collection } from './resource.js';

/** All but `current` need a key with the scope `admin`. */
export class ApiKeys extends Collection<'ApiKey', 'ApiKeys'> {
  /** The key of this client. It needs no scope beyond `read`. */
  readonly current = this.read<'retrieveCurrentApiKey'>('/current');
  readonly rotate = this.actionWith<'rotateApiKey'>('POST', '/{id}/rotate');
  readonly revoke = this.action<'revokeApiKey'>('DELETE', '/{id}');
  /** Who created, rotated and revoked the key, newest first. */
  readonly history = this.listOf<'listApiKeyHistory'>('/{id}/history');
}
