import type { CDPSession, Locator } from 'playwright-core';
import { openPage, type OpenPage } from './support/browser.js';
import type { Client, Json } from './support/client.js';
import { Deal, operationsOf, type Operation } from './support/operations.js';
import { startService, type Service } from './support/service.js';

/** Chromium draws without a graphics card, beside other tests. */
const ENOUGH_FOR_A_BROWSER_MS = 240_000;

let service: Service;
let admin: Client;
let browser: OpenPage;
let profiler: CDPSession;
/** Seconds of the main thread from the click on Execute to the answer on the page, by operation. */
const cost = new Map<string, number>();
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  service = await startService();
  stops.push(service.stop);
  admin = await service.clientWith({ scopes: ['admin'] });
  browser = await openPage(service.origin);
  stops.unshift(browser.close);
  profiler = await browser.page.context().newCDPSession(browser.page);
  await profiler.send('Performance.enable');
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
  const deal = await Deal.for(operation, admin, operationsOf(service.document));
  const block = blockOf(operation);
  await open(operation, block);
  for (const input of await block.locator('[data-param-in="path"] input').all())
    await enter(input, deal.inPath(operation.path));
  const fields = block.locator('[data-param-in="query"] input, .body-param__text');
  const values: string[] = await fields.evaluateAll((inputs) => inputs.map((input) => (input as Json).value));
  for (const [index, value] of values.entries())
    if (deal.inText(value) !== value) await enter(fields.nth(index), deal.inText(value));
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/api/'));
  const before = await busySeconds();
  await block.locator('.execute').click();
  const response = await answered;
  expect(response.request().method()).toBe(operation.method.toUpperCase());
  const status = await block.locator('.live-responses-table tbody .response-col_status').first().innerText();
  cost.set(operation.operationId, (await busySeconds()) - before);
  await block.locator('.opblock-summary-control').click();
  return status.trim();
}

function blockOf({ tag, operationId }: Operation): Locator {
  return browser.page.locator(`[id="operations-${tag.replaceAll(' ', '_')}-${operationId}"]`);
}

/** For how long the main thread of the page has worked so far. */
async function busySeconds(): Promise<number> {
  const { metrics } = await profiler.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
}

it('is where the address of the server leads, with the resources in reading order', async () => {
  const { page } = browser;
  await page.goto(`/#key=${admin.key ?? ''}`);
  await page.locator('.opblock').first().waitFor();
  expect(page.url()).toBe(`${service.origin}/docs`);
  expect(await page.title()).toBe(service.document.info.title);
  const tags = await page
    .locator('.opblock-tag')
    .evaluateAll((headings) => headings.map((each) => each.dataset['tag']));
  expect(tags).toEqual(service.document.tags?.map(({ name }) => name));
});

it('has taken the key of the address, and keeps it nowhere that is shown', async () => {
  const { page } = browser;
  expect(await keyOfPage()).toBe(admin.key);
  expect(await page.evaluate(() => (globalThis as Json).history.length)).toBeLessThanOrEqual(2);
});

it('takes a key that was copied with the word before it', async () => {
  const { page } = browser;
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.auth-container').filter({ hasText: 'An API key' });
  await dialog.getByRole('button', { name: 'Remove authorization' }).click();
  await dialog.locator('input').fill(` Bearer ${admin.key ?? ''} `);
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
  expect(await keyOfPage()).toBe(admin.key);
});

function keyOfPage(): Promise<string | undefined> {
  return browser.page.evaluate(() => (globalThis as Json).ui.authSelectors.authorized().getIn(['key', 'value']));
}

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

it('works no longer for a list, whatever number of filters it has, than twice what it does for an object', () => {
  expect(cost.get('listOpportunities')).toBeLessThan(2 * (cost.get('retrieveOpportunity') ?? NaN));
});

it('adds a filter by its name, and has no row for the others', async () => {
  const { page } = browser;
  const operation = operationsOf(service.document).find(({ operationId }) => operationId === 'listOpportunities');
  if (operation === undefined) throw new Error('There is no listOpportunities.');
  const block = blockOf(operation);
  await block.locator('.opblock-summary-control').click();
  const rows = block.locator('.parameters tr[data-param-name]');
  const plain = await rows.count();
  expect(plain).toBeLessThan(20);
  await block.getByLabel('Add a filter').fill('status[in]');
  await enter(block.locator('[data-param-name="status[in]"] input'), 'Open,Lost');
  expect(await rows.count()).toBe(plain + 1);
  const asked = page.waitForRequest((request) => new URL(request.url()).pathname === '/api/crm/opportunity');
  await block.locator('.execute').click();
  expect(new URL((await asked).url()).searchParams.get('status[in]')).toBe('Open,Lost');
});

it('has no schema with the name of something that the language or a browser has', async () => {
  const names = Object.keys(service.document.components?.schemas ?? {});
  expect(await browser.page.evaluate((all) => all.filter((name) => name in globalThis), names)).toEqual([]);
});

it('leaves nothing in the console, and asks no other host', () => {
  expect(browser.complaints).toEqual([]);
});
