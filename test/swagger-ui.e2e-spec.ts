import type { Locator } from 'playwright-core';
import { openPage, type OpenPage } from './support/browser.js';
import type { Client, Json } from './support/client.js';
import { operationsOf, type Operation } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService, type Service } from './support/service.js';

/** Chromium draws without a graphics card, beside other tests. */
const ENOUGH_FOR_A_BROWSER_MS = 240_000;

let service: Service;
let admin: Client;
let browser: OpenPage;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  service = await startService();
  stops.push(service.stop);
  admin = await service.clientWith({ scopes: ['admin'] });
  browser = await openPage(service.origin);
  stops.unshift(browser.close);
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** Opens an operation, and waits until Swagger UI has drawn it for good: what is typed before that is lost. */
async function open({ method, path }: Operation, block: Locator): Promise<void> {
  await block.locator('.opblock-summary-control').click();
  await browser.page.waitForFunction(
    (place) => (globalThis as Json).ui.specSelectors.specResolvedSubtree(place) !== undefined,
    ['paths', path, method],
  );
}

/** Enters text for good: Swagger UI takes over what was typed when the field is left. */
async function enter(input: Locator, text: string): Promise<void> {
  while ((await input.inputValue()) !== text) {
    await input.fill(text);
    await input.blur();
  }
}

/** Fills in an operation as a person would, executes it, and answers the status that the page then shows. */
async function tryOut(operation: Operation): Promise<string> {
  const { page } = browser;
  const sample = await Sample.for(operation, admin, operationsOf(service.document));
  const block = page.locator(`[id="operations-${operation.tag.replaceAll(' ', '_')}-${operation.operationId}"]`);
  await open(operation, block);
  for (const input of await block.locator('[data-param-in="path"] input').all())
    await enter(input, sample.byResource[operation.resource] ?? '');
  const fields = block.locator('[data-param-in="query"] input, .body-param__text');
  const values: string[] = await fields.evaluateAll((inputs) => inputs.map((input) => (input as Json).value));
  for (const [index, value] of values.entries())
    if (sample.inText(value, operation) !== value) await enter(fields.nth(index), sample.inText(value, operation));
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/api/'));
  await block.locator('.execute').click();
  const response = await answered;
  expect(response.request().method()).toBe(operation.method.toUpperCase());
  const status = await block.locator('.live-responses-table tbody .response-col_status').first().innerText();
  await block.locator('.opblock-summary-control').click();
  return status.trim();
}

it('is where the address of the server leads, with the resources in reading order', async () => {
  const { page } = browser;
  await page.goto('/');
  await page.locator('.opblock').first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/docs');
  expect(await page.title()).toBe(service.document.info.title);
  const tags = await page
    .locator('.opblock-tag')
    .evaluateAll((headings) => headings.map((each) => each.dataset['tag']));
  expect(tags).toEqual(service.document.tags?.map(({ name }) => name));
});

it('takes the key', async () => {
  const { page } = browser;
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.auth-container').filter({ hasText: 'An API key' });
  await dialog.locator('input').fill(admin.key ?? '');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
});

it(
  'tries out every operation successfully, beginning with create as it stands',
  async () => {
    const operations = operationsOf(service.document);
    const seen: [string, string][] = [];
    for (const operation of operations) seen.push([operation.operationId, await tryOut(operation)]);
    expect(seen[0]).toEqual(['createOpportunity', '201']);
    expect(seen).toEqual(operations.map(({ operationId, status }) => [operationId, String(status)]));
  },
  ENOUGH_FOR_A_BROWSER_MS,
);

it('leaves nothing in the console, and asks no other host', () => {
  expect(browser.complaints).toEqual([]);
});
