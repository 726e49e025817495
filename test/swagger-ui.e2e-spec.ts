import type { CDPSession, Locator } from 'playwright-core';
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
let profiler: CDPSession;
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
  const block = blockOf(operation);
  await open(operation, block);
  await fillIn(operation, block);
  const status = await execute(operation, block);
  await block.locator('.opblock-summary-control').click();
  return status;
}

async function fillIn(operation: Operation, block: Locator): Promise<void> {
  const sample = await Sample.for(operation, admin, operationsOf(service.document));
  for (const row of await block.locator('[data-param-in="path"]').all())
    await enter(row.locator('input'), sample.inPath(operation, (await row.getAttribute('data-param-name')) ?? ''));
  const fields = block.locator('[data-param-in="query"] input, .body-param__text');
  const values: string[] = await fields.evaluateAll((inputs) => inputs.map((input) => (input as Json).value));
  for (const [index, value] of values.entries())
    if (sample.inText(value, operation) !== value) await enter(fields.nth(index), sample.inText(value, operation));
}

async function execute(operation: Operation, block: Locator): Promise<string> {
  const answered = browser.page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/api/'));
  await block.locator('.execute').click();
  expect((await answered).request().method()).toBe(operation.method.toUpperCase());
  return (await block.locator('.live-responses-table tbody .response-col_status').first().innerText()).trim();
}

/** The least time that the scripts of the page work for one Execute, as a machine with other work may count that in. */
async function costOfExecute(operation: Operation, limit?: string): Promise<number> {
  const block = blockOf(operation);
  await open(operation, block);
  await fillIn(operation, block);
  if (limit !== undefined) await enter(block.locator('[data-param-name="limit"] input'), limit);
  const costs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const before = await scriptSeconds();
    await execute(operation, block);
    costs.push((await scriptSeconds()) - before);
  }
  await block.locator('.opblock-summary-control').click();
  return Math.min(...costs);
}

async function scriptSeconds(): Promise<number> {
  const { metrics } = await profiler.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? NaN;
}

function named(operationId: string): Operation {
  const operation = operationsOf(service.document).find((each) => each.operationId === operationId);
  if (operation === undefined) throw new Error(`There is no ${operationId}.`);
  return operation;
}

function blockOf({ tag, operationId }: Operation): Locator {
  return browser.page.locator(`[id="operations-${tag.replaceAll(' ', '_')}-${operationId}"]`);
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

it('has taken the key of the address, and takes one that is put there later if the person agrees', async () => {
  const { page } = browser;
  expect(await keyOfPage()).toBe(admin.key);
  for (const [agrees, key] of [
    [false, admin.key],
    [true, 'sk_test_crm_another'],
  ] as const) {
    page.once('dialog', (dialog) => void (agrees ? dialog.accept() : dialog.dismiss()));
    await page.evaluate(() => ((globalThis as Json).location.hash = 'key=sk_test_crm_another'));
    await page.waitForFunction(() => (globalThis as Json).location.hash === '');
    expect(await keyOfPage()).toBe(key);
  }
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

/** The first operation of each kind, by what a person has to fill in: the page shows the others in the same way. */
function oneOfEachKind(): Operation[] {
  const kinds = new Map<string, Operation>();
  for (const operation of operationsOf(service.document)) {
    const { method, path, takesBody, status } = operation;
    const kind = JSON.stringify([method, path.includes('{id}'), takesBody, status]);
    kinds.set(kind, kinds.get(kind) ?? operation);
  }
  return [...kinds.values()];
}

it(
  'tries out an operation of each kind successfully, beginning with create as it stands',
  async () => {
    const operations = oneOfEachKind();
    const seen: [string, string][] = [];
    for (const operation of operations) seen.push([operation.operationId, await tryOut(operation)]);
    expect(seen[0]).toEqual(['createOpportunity', '201']);
    expect(seen).toEqual(operations.map(({ operationId, status }) => [operationId, String(status)]));
  },
  ENOUGH_FOR_A_BROWSER_MS,
);

it('works no more than twice as long for a list, whatever number of filters it has, as for an object', async () => {
  let ratio = Infinity;
  // A machine with other work may need to look again.
  for (let look = 0; look < 3 && ratio >= 2; look++) {
    // Of one object, as the page takes its time to show each.
    const list = await costOfExecute(named('listOpportunities'), '1');
    ratio = list / (await costOfExecute(named('retrieveOpportunity')));
  }
  expect(ratio).toBeLessThan(2);
});

it('adds a filter by its name, and has no row for the others', async () => {
  const { page } = browser;
  const block = blockOf(named('listOpportunities'));
  await block.locator('.opblock-summary-control').click();
  const rows = block.locator('.parameters tr[data-param-name]');
  const plain = await rows.count();
  expect(plain).toBeLessThan(20);
  const box = block.getByLabel('Add a filter');
  await box.fill('status[in]');
  await box.press('Enter');
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
