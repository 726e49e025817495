import type { Answer, Json } from './support/client.js';
import { operationsOf, parametersOf } from './support/operations.js';
import { startService, type Service } from './support/service.js';

/* The documents and the page as they go over the wire; what the page does in a browser is in swagger-ui.e2e-spec.ts. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const PATHS = [
  '/docs',
  '/docs/',
  '/docs/docs-page.js',
  '/docs/swagger-ui-plugins.js',
  '/docs/docs-page.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/swagger-ui.css',
  '/openapi.json',
  '/openapi.compact.json',
];

function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return service
    .clientAs(undefined)
    .request('GET', `/${path}`, { headers: { 'accept-encoding': 'identity', ...headers } });
}

const length = ({ headers }: Answer): number => Number(headers.get('content-length'));

describe.each(PATHS)('%s', (path) => {
  it.each(['br', 'gzip'])('is sent as %s to those who take it, and much shorter', async (encoding) => {
    const [plain, encoded] = [await ask(path), await ask(path, { 'accept-encoding': encoding })];
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(encoded.headers.get('content-encoding')).toBe(encoding);
    expect(encoded.text).toBe(plain.text);
    expect(length(encoded)).toBeLessThan(length(plain) * 0.6);
    for (const { headers } of [plain, encoded]) expect(headers.get('vary')).toBe('Accept-Encoding');
  });

  it('is not sent again to those who have it, whichever form they have', async () => {
    const { headers } = await ask(path, { 'accept-encoding': 'br' });
    const tag = headers.get('etag') ?? '';
    expect(headers.get('cache-control')).toBe('no-cache');
    for (const known of [tag, tag.replace('W/', ''), `"other", ${tag}`, '*']) {
      const again = await ask(path, { 'if-none-match': known });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await ask(path, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('has the same headers for HEAD', async () => {
    const headers = { 'accept-encoding': 'br' };
    const [head, get] = [await fetch(service.origin + path, { method: 'HEAD', headers }), await ask(path, headers)];
    for (const name of ['etag', 'content-type', 'content-length', 'content-encoding', 'cache-control'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    expect(await head.text()).toBe('');
  });
});

it('has no script, style or handler within the page, so that a policy can forbid them', async () => {
  const { text } = await ask('/docs');
  expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:/i);
});

it('sends the whole page in less than half a megabyte', async () => {
  const sizes = await Promise.all(
    PATHS.filter((path) => path !== '/openapi.compact.json').map((path) => ask(path, { 'accept-encoding': 'br' })),
  );
  expect(sizes.map(length).reduce((sum, size) => sum + size)).toBeLessThan(500_000);
});

describe('the documents', () => {
  it('stay small', async () => {
    const operations = operationsOf(service.document).length;
    expect(length(await ask('/openapi.json'))).toBeLessThan(5000 * operations);
  });

  it('are the same API, but for the filters of lists', async () => {
    const [full, compact] = [(await ask('/openapi.json')).body, (await ask('/openapi.compact.json')).body];
    const namesIn = (document: Json): Record<string, string[]> =>
      Object.fromEntries(
        Object.entries<Json>(document.paths).flatMap(([path, item]) =>
          Object.entries(item).map(([method, operation]) => [
            `${method} ${path}`,
            parametersOf(document, operation).map(({ name }) => name),
          ]),
        ),
      );
    const without = (document: Json): Json =>
      JSON.parse(JSON.stringify(document), (key, value) => (key === 'parameters' ? undefined : value));
    expect(without(compact)).toEqual(without(full));
    const [fullNames, compactNames] = [namesIn(full), namesIn(compact)];
    for (const [operation, names] of Object.entries(compactNames)) {
      const attributes = new Set(
        fullNames[operation]?.filter((name) => name.includes('[')).map((name) => name.split('[')[0]),
      );
      expect(names).toEqual(fullNames[operation]?.filter((name) => !attributes.has(name.split('[')[0])));
      expect(names.length).toBeLessThanOrEqual(30);
      expect(names.filter((name) => !/^[A-Za-z_-]+$/.test(name))).toEqual([]);
      if (attributes.size > 0) expect(names).toContain('filter');
    }
    expect(Object.keys(compactNames)).toEqual(Object.keys(fullNames));
  });
});
