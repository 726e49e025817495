import { ParameterErrors } from '../common/errors/parameter-errors.js';

const MOST = 10;
const MOST_LENGTH = 1000;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const VALUE = /^[\x20-\x7e]*$/;
/** Those that the service writes itself. */
const WRITTEN = /^(?:host|content-.*|user-agent|webhook-.*|crm-signature)$/i;
/** Those that are about the connection, which HTTP leaves to whoever holds it; Node.js refuses some of them. */
const OF_CONNECTION =
  /^(?:connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|http2-settings|proxy-.*)$/i;

/** Names each header that must not be sent. */
export function headerErrors(headers: Readonly<Record<string, unknown>>): ParameterErrors {
  const errors = new ParameterErrors();
  const names = Object.keys(headers);
  if (names.length > MOST)
    errors.add('headers', 'parameter_invalid', () => `headers must not have more than ${MOST} entries.`);
  const taken = new Set<string>();
  for (const name of names.slice(0, MOST)) {
    const isTaken = taken.has(name.toLowerCase());
    taken.add(name.toLowerCase());
    const problem = isTaken ? 'is given twice: letter case makes no difference.' : problemOf(name, headers[name]);
    const param = `headers.${name}`;
    if (problem !== undefined) errors.add(param, 'parameter_invalid', () => `${param} ${problem}`);
  }
  return errors;
}

function problemOf(name: string, value: unknown): string | undefined {
  if (!NAME.test(name)) return 'is not the name of a header.';
  if (WRITTEN.test(name)) return 'is a header that the service writes itself.';
  if (OF_CONNECTION.test(name)) return 'is a header of the connection, which the service manages.';
  if (typeof value !== 'string' || !VALUE.test(value)) return 'must be a string of printable ASCII characters.';
  return value.length > MOST_LENGTH ? `must not be longer than ${MOST_LENGTH} characters.` : undefined;
}
