import { CrmError } from './errors.js';
import type { Item } from './operations.js';

/** A delivery cannot be trusted: it is not signed with this secret, or it is too old. */
export class CrmWebhookError extends CrmError {
  override readonly name = 'CrmWebhookError';
}

type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface UnwrapOptions {
  /** The largest difference between the clocks, in seconds; 300 by default. */
  tolerance?: number;
  /** The time now, in milliseconds. */
  now?: number;
  /** Reads the JSON, for amounts beyond a double: `parse` of lossless-json. */
  parse?: (text: string) => unknown;
}

/** Checks the signature of a delivery by the rules of Standard Webhooks, and gives its event. `body` is the text as it arrived. */
export async function unwrap<Event = Item<'listEvents'>>(
  body: string,
  headers: HeaderSource,
  secret: string,
  { tolerance = 300, now = Date.now(), parse = JSON.parse }: UnwrapOptions = {},
): Promise<Event> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => {
    const value = valueOf(headers, name);
    if (value === undefined) throw new CrmWebhookError(`The delivery has no header ${name}.`);
    return value;
  }) as [string, string, string];
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= tolerance))
    throw new CrmWebhookError(`The delivery's timestamp, ${timestamp}, is more than ${tolerance} seconds from now.`);
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(' ')) {
    const [version, value] = signature.split(',');
    // `verify` compares in constant time.
    if (version === 'v1' && (await crypto.subtle.verify('HMAC', key, bytesOf(value ?? ''), signed)))
      return parse(body) as Event;
  }
  throw new CrmWebhookError('No signature of the delivery matches this secret.');
}

function valueOf(headers: HeaderSource, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'object' ? value[0] : value;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
