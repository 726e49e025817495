import { addFiltersByName, takeKeyWithScheme } from './swagger-ui-plugins.js';

/** Takes the key out of the address, where the browser would keep it and show it to everyone who looks. */
function keyFromAddress() {
  const [, key] = /^#key=(\w+)$/.exec(location.hash) ?? [];
  if (key !== undefined) history.replaceState(null, '', location.pathname);
  return key;
}

/** A link must not replace the key of a person unasked: what they write next would go into another workspace. */
function mayTake(key) {
  const held = window.ui.authSelectors.authorized()?.getIn(['key', 'value']);
  return held === undefined || held === key || confirm('Replace the key of this page by the one in the link?');
}

function authorize(key) {
  if (key === undefined || !mayTake(key)) return;
  const schema = { type: 'http', scheme: 'bearer' };
  window.ui.authActions.authorizeWithPersistOption({ key: { name: 'key', schema, value: key } });
}

const key = keyFromAddress();

const { SwaggerUIBundle } = window;

window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  plugins: [SwaggerUIBundle.plugins.DownloadUrl, addFiltersByName, takeKeyWithScheme],
  onComplete: () => authorize(key),
});

// A link that is opened where the page is open already loads nothing anew.
window.addEventListener('hashchange', () => authorize(keyFromAddress()));
