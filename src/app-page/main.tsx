import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { get, messageOf } from './api.js';
import { followEvents } from './live.js';
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
  void get<ApiKey>('/api/keys/current').then(
    (found) => (me.value = found),
    (error: unknown) => key.value !== undefined && complain(messageOf(error)),
  );
  return followEvents();
});

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
