import { ParameterErrors } from '../common/errors/parameter-errors.js';

const MOST = 10;
const MOST_LENGTH = 1000;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const VALUE = /^[\x20-\x7e]*$/;
/** Those that the service writes itself, or that are about the connection. */
const RESERVED = /^(?:host|content-.*|connection|transfer-encoding|user-agent|webhook-.*|crm-signature)$/i;

/** Throws 400 naming each header that must not be sent. */
export function requireHeaders(headers: Readonly<Record<string, unknown>>): void {
  const errors = new ParameterErrors();
  const names = Object.keys(headers);
  if (names.length > MOST)
    errors.add('headers', 'parameter_invalid', () => `headers must not have more than ${MOST} entries.`);
  for (const name of names.slice(0, MOST)) {
    const problem = problemOf(name, headers[name]);
    const param = `headers.${name}`;
    if (problem !== undefined) errors.add(param, 'parameter_invalid', () => `${param} ${problem}`);
  }
  errors.refuse();
}

function problemOf(name: string, value: unknown): string | undefined {
  if (!NAME.test(name)) return 'is not the name of a header.';
  if (RESERVED.test(name)) return 'is a header that the service writes itself.';
  if (typeof value !== 'string' || !VALUE.test(value)) return 'must be a string of printable ASCII characters.';
  return value.length > MOST_LENGTH ? `must not be longer than ${MOST_LENGTH} characters.` : undefined;
}
