import { HttpStatus } from '@nestjs/common';
import { ApiException } from '../common/errors/api.exception.js';
import type { Scope } from '../common/routes/scopes.js';

/** RFC 6750, section 3: an error code only where a bearer token was tried. */
export function unauthenticated(authorization: string | undefined): ApiException {
  const tried = /^Bearer(\s|$)/i.test(authorization ?? '');
  const challenge = 'Bearer realm="crm"';
  return new ApiException(HttpStatus.UNAUTHORIZED, {
    code: 'authentication_required',
    message: tried
      ? 'The API key is not valid.'
      : 'An API key is required: send it as "Authorization: Bearer sk_test_…".',
    headers: {
      'WWW-Authenticate': tried
        ? `${challenge}, error="invalid_token", error_description="The API key is not valid"`
        : challenge,
    },
  });
}

export function insufficientScope(needed: Scope): ApiException {
  return new ApiException(HttpStatus.FORBIDDEN, {
    code: 'scope_insufficient',
    message: `This operation needs a key with the scope '${needed}'.`,
    headers: { 'WWW-Authenticate': `Bearer realm="crm", error="insufficient_scope", scope="${needed}"` },
  });
}
