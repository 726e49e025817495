import { computed, signal } from '@preact/signals';
import type { ApiKey } from './types.js';

/* Whose page this is: a key, kept for the tab alone, and what it may do. */

const PLACE = 'crm-key';

export const key = signal<string | undefined>(sessionStorage.getItem(PLACE) ?? undefined);
/** The key as the service describes it; undefined until it has been asked. */
export const me = signal<ApiKey | undefined>(undefined);
/** Why the page asks for a key again. */
export const signedOutBecause = signal('');

export const canWrite = computed(() => me.value?.scopes.some((scope) => scope !== 'read') ?? false);
export const isAdmin = computed(() => me.value?.scopes.includes('admin') ?? false);
export const isTest = computed(() => key.value?.startsWith('sk_test_') ?? false);

export function signIn(text: string): void {
  const given = text.trim().replace(/^Bearer\s+/i, '');
  sessionStorage.setItem(PLACE, given);
  signedOutBecause.value = '';
  me.value = undefined;
  key.value = given;
}

export function signOut(reason = ''): void {
  sessionStorage.removeItem(PLACE);
  signedOutBecause.value = reason;
  me.value = undefined;
  key.value = undefined;
}

/** Takes the key out of the address, where the browser would keep it and show it to everyone who looks. */
export function takeKeyFromAddress(): void {
  const [, given] = /^#key=(\w+)$/.exec(location.hash) ?? [];
  if (given === undefined) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (given === key.value) return;
  // A link must not replace the key of a person unasked: what they write next would go into another workspace.
  if (key.value !== undefined && !confirm('Replace the key of this page with the one in the link?')) return;
  signIn(given);
}
