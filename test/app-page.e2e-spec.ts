import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Locator, Page } from 'playwright-core';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { openPage, type OpenPage } from './support/browser.js';
import { Client, type Json } from './support/client.js';
import { cloneDatabase } from './support/database.js';
import { schemaCheck } from './support/schema-check.js';
import { documentOf } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';

/* The page for people in a real browser, on the built service: its modules exist only there. */

const STAGES = ['Lead', 'Offer', 'Won', 'Lost'];
const MOST_BYTES = 90_000;

let origin: string;
let api: Client;
let browser: OpenPage;
let page: Page;
let stage: Record<string, string>;
const key = generateKey('test');
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const database = await cloneDatabase();
  stops.push(database.drop);
  const PORT = await freePort();
  const environment = { PORT, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: key };
  const started = new StartedService(tmpdir(), environment);
  stops.unshift(() => started.kill());
  await started.started();
  origin = `http://127.0.0.1:${PORT}`;
  api = new Client(origin, key, schemaCheck(await documentOf(origin)));
  await makePipeline();
  browser = await openPage(origin);
  stops.unshift(browser.close);
  page = browser.page;
  page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

async function makePipeline(): Promise<void> {
  const stages = [
    { key: 'Lead', label: 'Lead', probability: 10, forecast_category: 'pipeline' },
    { key: 'Offer', label: 'Offer', probability: 60, forecast_category: 'commit' },
    { key: 'Won', label: 'Won', type: 'won' },
    { key: 'Lost', label: 'Lost', type: 'lost' },
  ];
  const { body } = await api.post('/pipeline', { name: 'Sales', stages });
  const all: Json[] = (await api.get(`/pipeline/${body.id}?expand=stages`)).body.stages;
  stage = Object.fromEntries(all.map((each) => [each.key, each.id]));
}

async function makeDeal(title: string, more: object = {}): Promise<string> {
  const body = {
    opportunity_from: 'Lead',
    party_name: `Party of ${title}`,
    company: 'Example Corp',
    transaction_date: '2024-01-15',
    title,
    ...more,
  };
  return (await api.post('/opportunity', body)).body.id;
}

async function statusOf(id: string): Promise<string> {
  return (await api.get(`/opportunity/${id}`)).body.status;
}

const columnOf = (on: Page, name: string): Locator => on.locator(`[data-column="${stage[name] ?? ''}"]`);
const cardOf = (on: Page, name: string, title: string): Locator =>
  columnOf(on, name).locator('.card').filter({ hasText: title });

async function drag(card: Locator, to: string): Promise<void> {
  const [from, target] = [await card.boundingBox(), await columnOf(page, to).boundingBox()];
  if (from === null || target === null) throw new Error('There is nothing to drag.');
  await page.mouse.move(from.x + 30, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, from.y + 40, { steps: 3 });
  await page.mouse.move(target.x + target.width / 2, target.y + 120, { steps: 6 });
  await page.mouse.up();
}

/** Everything that axe-core finds on what is shown. */
async function findings(): Promise<string[]> {
  await page.evaluate(await readFile('node_modules/axe-core/axe.min.js', 'utf8'));
  const { violations } = await page.evaluate(() => (globalThis as Json).axe.run());
  return violations.map(({ id, nodes }: Json) => `${id}: ${nodes[0].html}`);
}

it('takes the key out of its link, and keeps it for the tab', async () => {
  await makeDeal('First deal', { opportunity_amount: 1000.5, currency: 'EUR' });
  await page.goto('/app');
  expect(await findings()).toEqual([]);
  await page.goto(`/app#key=${key}`);
  await cardOf(page, 'Lead', 'First deal').waitFor();
  expect(page.url()).toBe(`${origin}/app`);
  expect(await page.locator('.column h2').allInnerTexts()).toEqual(STAGES);
  await page.reload();
  await cardOf(page, 'Lead', 'First deal').waitFor();
});

it('shows sums over all deals of a column, and the cards by pages', async () => {
  for (let round = 0; round < 2; round++) {
    const operations = Array.from({ length: 30 }, (_, at) => ({
      method: 'create',
      body: {
        opportunity_from: 'Lead',
        party_name: `Many ${round * 30 + at}`,
        company: 'Example Corp',
        transaction_date: '2024-01-15',
        sales_stage: 'Offer',
        currency: at % 2 === 0 ? 'USD' : 'JPY',
        opportunity_amount: 1234.25,
      },
    }));
    expect((await api.post('/opportunity/batch', { operations })).status).toBe(200);
  }
  const offer = columnOf(page, 'Offer');
  await offer.locator('[data-count="60"]').waitFor();
  const query = 'group_by=stage_id&measures=count,sum.base_opportunity_amount,sum.weighted_amount&status[ne]=Closed';
  const { data } = (await api.get(`/opportunity/aggregate?${query}`)).body;
  for (const group of data as Json[]) {
    const sums = page.locator(`[data-column="${group.keys.stage_id}"] .sums`);
    const shown = await Promise.all(['count', 'base', 'weighted'].map((name) => sums.getAttribute(`data-${name}`)));
    expect(shown.map(Number)).toEqual([
      group.count,
      group['sum.base_opportunity_amount'],
      group['sum.weighted_amount'],
    ]);
  }
  await page.reload();
  await offer.getByRole('button', { name: 'Show more' }).click();
  await offer.locator('.card').nth(59).waitFor();
  expect(await offer.locator('.card').count()).toBe(60);
  expect(await offer.getByRole('button', { name: 'Show more' }).count()).toBe(0);
});

it('wins a deal by mouse, and loses one with its reason', async () => {
  const [won, lost] = [await makeDeal('To be won'), await makeDeal('To be lost')];
  // A card that appears meanwhile moves the others.
  for (const title of ['To be won', 'To be lost']) await cardOf(page, 'Lead', title).waitFor();
  await drag(cardOf(page, 'Lead', 'To be won'), 'Won');
  await cardOf(page, 'Won', 'To be won').waitFor();
  await page.getByText('To be won is in Won now.').waitFor({ state: 'attached' });
  expect(await statusOf(won)).toBe('Converted');

  await drag(cardOf(page, 'Lead', 'To be lost'), 'Lost');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Mark as lost' }).click();
  await dialog.getByText('Choose a reason, or write one.').waitFor();
  expect(await findings()).toEqual([]);
  await dialog.getByText('Price').click();
  await dialog.getByRole('button', { name: 'Mark as lost' }).click();
  await page.getByText('To be lost is in Lost now.').waitFor({ state: 'attached' });
  const { status, lost_reasons } = (await api.get(`/opportunity/${lost}?expand=lost_reasons`)).body;
  expect([status, lost_reasons[0].lost_reason]).toEqual(['Lost', 'Price']);
});

it('does the same by keyboard alone', async () => {
  const [won, lost] = [await makeDeal('Won by keys'), await makeDeal('Lost by keys')];
  await cardOf(page, 'Lead', 'Won by keys').waitFor();
  await cardOf(page, 'Lead', 'Lost by keys').waitFor();
  const focused = (): Promise<string> =>
    page.evaluate(() => (globalThis as Json).document.activeElement.closest('.card')?.textContent ?? '');
  for (let press = 0; press < 30 && !(await focused()).includes('by keys'); press++) await page.keyboard.press('Tab');
  while (!(await focused()).includes('Won by keys')) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByText('Won by keys is in Offer now.').waitFor({ state: 'attached' });
  await page.waitForFunction(() => (globalThis as Json).document.activeElement.textContent === 'Won by keys');
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByText('Won by keys is in Won now.').waitFor({ state: 'attached' });
  expect(await statusOf(won)).toBe('Converted');

  await page.locator('.search input').focus();
  for (let press = 0; press < 30 && !(await focused()).includes('Lost by keys'); press++)
    await page.keyboard.press('Tab');
  await page.keyboard.press('m');
  await page.getByRole('menu', { name: 'Move Lost by keys to…' }).waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.getByLabel('Another reason').focus();
  await page.keyboard.type('They went elsewhere');
  await page.keyboard.press('Enter');
  await page.getByText('Lost by keys is in Lost now.').waitFor({ state: 'attached' });
  expect(await statusOf(lost)).toBe('Lost');
});

it('takes a refused move back with a sentence', async () => {
  const id = await makeDeal('Refused');
  await drag(cardOf(page, 'Lead', 'Refused'), 'Lost');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Price').click();
  await api.patch(`/opportunity/${id}`, { title: 'Refused and renamed' });
  await dialog.getByRole('button', { name: 'Mark as lost' }).click();
  await page.locator('.message').filter({ hasText: 'Refused was not moved to Lost. The object has changed' }).waitFor();
  await cardOf(page, 'Lead', 'Refused and renamed').waitFor();
  expect(await statusOf(id)).toBe('Open');
  await page.getByRole('button', { name: 'Dismiss' }).first().click();
});

it('shows a second browser what the first one moves', async () => {
  await makeDeal('Seen by both');
  const context = await page.context().browser()?.newContext({ baseURL: origin });
  if (context === undefined) throw new Error('There is no browser.');
  const other = await context.newPage();
  await other.goto(`/app#key=${key}`);
  await other.locator('.live.is-on').waitFor();
  await cardOf(other, 'Lead', 'Seen by both').waitFor();
  await drag(cardOf(page, 'Lead', 'Seen by both'), 'Offer');
  await cardOf(other, 'Offer', 'Seen by both').waitFor({ timeout: 10_000 });
  await context.close();
});

it('has its filters in the address, as the list takes them', async () => {
  await page.getByRole('button', { name: 'Add a filter' }).click();
  await page.getByRole('menuitemradio', { name: 'Party' }).click();
  await page.getByRole('dialog').getByLabel('Party').fill('won');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/app?party_name%5Bcontains%5D=won');
  await page.locator('.card').filter({ hasText: 'To be won' }).waitFor();
  await page.locator('.card').filter({ hasText: 'First deal' }).waitFor({ state: 'detached' });
  expect(await findings()).toEqual([]);
  await page.getByRole('button', { name: 'Remove the filter: Party contains won' }).click();
  await page.getByLabel('Search deals').fill('first dea');
  await page.locator('.card').filter({ hasText: 'To be won' }).waitFor({ state: 'detached' });
  await page.locator('.card').filter({ hasText: 'First deal' }).waitFor();
});

it('edits a deal in place, with sums that follow its items', async () => {
  const id = await makeDeal('To edit', { currency: 'EUR', items: [{ item_name: 'Chair', qty: 2, rate: 10.5 }] });
  await page.goto(`/app/deals/${id}`);
  await page.getByRole('button', { name: 'Title: To edit. Change' }).click();
  await page.getByLabel('Title', { exact: true }).fill('Edited');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Edited' }).waitFor();
  await page.getByRole('button', { name: 'Quantity of Chair: 2. Change' }).click();
  await page.getByLabel('Quantity of Chair').fill('4');
  await page.keyboard.press('Enter');
  await page.locator('[data-total="42"]').waitFor();
  await page.getByRole('button', { name: 'Probability: 10%. Change' }).click();
  await page.getByLabel('Probability', { exact: true }).fill('120');
  await page.keyboard.press('Enter');
  await page.locator('.message').filter({ hasText: 'probability must not be greater than 100.' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.history').getByText('set title from To edit to Edited').waitFor();
  expect(await findings()).toEqual([]);
  const { title, total } = (await api.get(`/opportunity/${id}`)).body;
  expect([title, total]).toEqual(['Edited', 42]);
});

it('draws each report, with its table', async () => {
  for (const name of ['pipeline', 'forecast', 'win-rate', 'losses', 'funnel', 'changes']) {
    await page.goto(`/app/reports/${name}`);
    await page.locator('.chart svg').waitFor();
    expect([name, await findings()]).toEqual([name, []]);
    const { totals } = (await api.get(`/reports/${name}?${name === 'changes' ? 'from=2024-01-01&to=2124-01-01' : ''}`))
      .body;
    if (name === 'pipeline') expect(await page.locator('tfoot td').first().innerText()).toBe(String(totals.count));
  }
});

it('sets up a webhook endpoint, and shows its secret once', async () => {
  await page.goto('/app/webhooks');
  await page.getByRole('button', { name: 'New endpoint' }).click();
  await page.getByLabel('Address').fill('http://127.0.0.1:9/hook');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.locator('.secret').filter({ hasText: 'whsec_' }).waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: 'http://127.0.0.1:9/hook' }).click();
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  expect(await findings()).toEqual([]);
});

it('offers no change to a key that may only read', async () => {
  const { body } = await api.request('POST', '//api/keys', { body: { name: 'reader', scopes: ['read'] } });
  await page.evaluate(() => (globalThis as Json).sessionStorage.clear());
  await page.goto(`/app?reader#key=${body.secret}`);
  await page.getByText('Read only').waitFor();
  await page.locator('.card').first().waitFor();
  expect(await page.getByRole('button', { name: /New deal|Move/ }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Webhooks' }).count()).toBe(0);
});

it('is small, kept by browsers, and allows nothing from elsewhere', async () => {
  const headers = { 'accept-encoding': 'br' };
  const index = await fetch(`${origin}/app`, { headers });
  const policy = index.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:/);
  const paths = [
    ...new Set([...(await index.text()).matchAll(/(?:href|src)="(\/app\/[^"]+)"/g)].map(([, path]) => path)),
  ];
  const sizes = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(origin + (path ?? ''), { headers });
      expect([path, response.status, response.headers.get('cache-control')]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
      ]);
      return Number(response.headers.get('content-length'));
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES);
  const other = await fetch(`${origin}/app/assets/older/app-page/main.js`, { headers });
  expect([other.status, other.headers.get('cache-control')]).toEqual([200, 'no-cache']);
});

it('leaves nothing in the console but the refusals, and asks no other host', () => {
  const isExpected = (text: string): boolean => /status of (?:400|412)|ERR_ABORTED/.test(text);
  expect(browser.complaints.filter((each) => !isExpected(each))).toEqual([]);
});
