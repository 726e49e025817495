import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { get, messageOf } from './api.js';
import { followEvents, placeInFeed } from './live.js';
import { followLinks } from './route.js';
import { key, me, takeKeyFromAddress } from './session.js';
import type { ApiKey } from './types.js';
import { complain } from './ui/messages.js';

takeKeyFromAddress();
// A link that is opened where the page is open already loads nothing anew.
addEventListener('hashchange', takeKeyFromAddress);
followLinks();

effect(() => {
  if (key.value === undefined) return;
  const ended = new AbortController();
  void begin(ended.signal).catch((error: unknown) => {
    if (!ended.signal.aborted) complain(messageOf(error));
  });
  return () => ended.abort();
});

/** Lets the views read only when the place in the feed is known, so that no change lies between their reads and the feed. */
async function begin(ended: AbortSignal): Promise<void> {
  const [found, place] = await Promise.all([get<ApiKey>('/api/keys/current', undefined, ended), placeInFeed(ended)]);
  if (ended.aborted) return;
  me.value = found;
  followEvents(place, ended);
}

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
