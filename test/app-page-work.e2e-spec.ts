import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import {
  cardOf,
  COLUMNS_OF_STATUSES,
  findings,
  makeDeal,
  startAppPage,
  statusOf,
  unexpected,
  type AppPage,
} from './support/app-page.js';
import type { Client, Json } from './support/client.js';
import { sampleDeals } from '../src/sample/sample-deals.js';
import { startService } from './support/service.js';

/* The work of people in a new workspace: without pipelines first, then with the sample deals. */

let app: AppPage;
let api: Client;
let page: Page;

beforeAll(async () => {
  app = await startAppPage({ hasPipeline: false });
  ({ api, page } = app);
});
afterAll(() => app.stop());

/** The name or text of what has the focus, of a card all of it; empty if nothing has it. */
const focused = (): Promise<string> =>
  page.evaluate(() => {
    const { activeElement: element, body } = (globalThis as Json).document;
    if (element === body) return '';
    return `${element.ariaLabel ?? ''} ${(element.closest('.card, label') ?? element).textContent}`;
  });

/** Presses a key until the focus is on what has the text. */
async function pressUntil(key: string, text: string): Promise<void> {
  for (let press = 0; press < 40 && !(await focused()).includes(text); press++) await page.keyboard.press(key);
  expect(await focused()).toContain(text);
}

async function moveByMenu(card: Locator, to: string): Promise<void> {
  await card.getByRole('button').click();
  await page.getByRole('menuitemradio', { name: to }).click();
}

async function filterByParty(): Promise<void> {
  await page.getByRole('button', { name: 'Add a filter' }).click();
  await page.getByRole('menuitemradio', { name: 'Party' }).click();
}

const told = (text: string): Promise<void> => page.getByText(text).last().waitFor({ state: 'attached' });

it('is signed in by keyboard alone, on an empty board', async () => {
  await page.goto('/app');
  await pressUntil('Tab', 'API key');
  await page.keyboard.type(app.key);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'No deals yet' }).waitFor();
  expect(await page.locator('.column h2').allInnerTexts()).toEqual(Object.keys(COLUMNS_OF_STATUSES));
  expect(await findings(app)).toEqual([]);
});

it('wins and loses deals by keyboard alone, from the load of the page', async () => {
  const [won, lost] = [await makeDeal(app, 'Won by keys'), await makeDeal(app, 'Lost by keys')];
  await page.reload();
  await cardOf(app, 'Open', 'Won by keys').waitFor();
  await pressUntil('Tab', 'by keys');
  await pressUntil('ArrowDown', 'Won by keys');
  for (const column of ['Replied', 'Quotation', 'Won']) {
    await page.keyboard.press('Shift+ArrowRight');
    await told(`Won by keys is in ${column} now.`);
    await cardOf(app, column, 'Won by keys').locator('.card-title:focus').waitFor();
  }
  expect(await statusOf(app, won)).toBe('Converted');

  await page.keyboard.press('ArrowLeft');
  await pressUntil('ArrowDown', 'Lost by keys');
  const lose = async (): Promise<void> => {
    await page.keyboard.press('m');
    await page.getByRole('menu', { name: 'Move Lost by keys to…' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
  };
  await lose();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect([await statusOf(app, lost), await focused()]).toEqual(['Open', expect.stringContaining('Lost by keys')]);
  await lose();
  await pressUntil('Tab', 'Another reason');
  await page.keyboard.type('They went elsewhere');
  await page.keyboard.press('Enter');
  await told('Lost by keys is in Lost now.');
  expect(await statusOf(app, lost)).toBe('Lost');
});

it('moves deals between statuses, also those that have ended', async () => {
  const id = await makeDeal(app, 'Goes around');
  let from = 'Open';
  for (const to of ['Quotation', 'Won', 'Replied', 'Closed', 'Open']) {
    await moveByMenu(cardOf(app, from, 'Goes around'), to);
    await told(`Goes around is in ${to} now.`);
    await cardOf(app, to, 'Goes around').waitFor();
    expect(await statusOf(app, id)).toBe(COLUMNS_OF_STATUSES[to as keyof typeof COLUMNS_OF_STATUSES]);
    from = to;
  }
  expect(await page.locator('.message').count()).toBe(0);
});

it('has nothing that axe-core finds in menus and dialogs', async () => {
  const found: Record<string, string[]> = {};
  await cardOf(app, 'Open', 'Goes around').getByRole('button').click();
  await page.getByRole('menu').waitFor();
  found['the menu of a card'] = await findings(app);
  for (const [name, open] of [
    ['Why was Goes around lost?', () => page.getByRole('menuitemradio', { name: 'Lost' }).click()],
    ['New deal', () => page.getByRole('button', { name: 'New deal' }).click()],
    ['Filter: Party', filterByParty],
    ['New endpoint', () => page.getByRole('button', { name: 'New endpoint' }).click()],
  ] as [string, () => Promise<void>][]) {
    if (name === 'New endpoint') await page.getByRole('link', { name: 'Webhooks' }).click();
    await open();
    await page.getByRole('dialog', { name }).waitFor();
    found[name] = await findings(app);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
});

it('has nothing that axe-core finds in the list of endpoints, without matches, and with a key that may only read', async () => {
  const found: Record<string, string[]> = {};
  await api.post('//api/webhook-endpoints', { url: 'http://127.0.0.1:9/hook', enabled_events: ['*'], disabled: true });
  await page.goto('/app/webhooks');
  await page.getByRole('link', { name: 'http://127.0.0.1:9/hook' }).waitFor();
  found['endpoints'] = await findings(app);
  await page.goto('/app?party_name[contains]=nobody');
  await page.getByRole('heading', { name: 'No deals match these filters' }).waitFor();
  found['no matches'] = await findings(app);
  await page.getByRole('button', { name: 'Remove all filters' }).click();
  await cardOf(app, 'Open', 'Goes around').waitFor();

  const { secret } = (await api.request('POST', '//api/keys', { body: { name: 'reader', scopes: ['read'] } })).body;
  await asKey(secret);
  await page.getByText('Read only').waitFor();
  await cardOf(app, 'Lost', 'Lost by keys').waitFor();
  found['a board to read'] = await findings(app);
  await page.getByRole('link', { name: 'Lost by keys' }).click();
  await page.getByRole('heading', { level: 1, name: 'Lost by keys' }).waitFor();
  expect(await page.getByRole('button', { name: /Change|Add|Delete|Remove/ }).count()).toBe(0);
  found['a deal to read'] = await findings(app);
  await asKey(app.key);
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
});

async function asKey(key: string): Promise<void> {
  await page.evaluate(() => (globalThis as Json).sessionStorage.clear());
  await page.goto(`/app?${key.slice(-4)}#key=${key}`);
}

it('adds, changes, reorders and deletes the items of a deal, with its total', async () => {
  const id = await makeDeal(app, 'With items', { items: [{ item_name: 'Chair', qty: 2, rate: 10 }] });
  const items = async (): Promise<[string, number][]> => {
    const { data } = (await api.get(`/opportunity-item?parent_id=${id}`)).body;
    return data.map(({ item_name, amount }: Json) => [item_name, amount]);
  };
  const shown = (total: number): Promise<void> => page.locator(`[data-total="${total}"]`).waitFor();
  await page.goto(`/app/deals/${id}`);
  await shown(20);
  await page.getByRole('button', { name: 'Add item' }).click();
  await edit('Item name of New item', 'Desk');
  await edit('Rate of Desk', '300');
  await shown(320);
  expect(await items()).toEqual([
    ['Chair', 20],
    ['Desk', 300],
  ]);
  await page.getByRole('button', { name: 'Move Desk up' }).click();
  await page.locator('.grid tbody tr').first().getByText('Desk').waitFor();
  expect((await items()).map(([name]) => name)).toEqual(['Desk', 'Chair']);
  expect(await page.getByRole('button', { name: 'Move Desk up' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Delete Chair' }).click();
  await shown(300);
  expect(await items()).toEqual([['Desk', 300]]);
});

async function edit(label: string, text: string): Promise<void> {
  await page.getByRole('button', { name: `${label}: ` }).click();
  await page.getByLabel(label, { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

it('adds and removes the reasons of a loss, with its details', async () => {
  const id = await makeDeal(app, 'Lost to others');
  await api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: 'Price' }] });
  await page.goto(`/app/deals/${id}`);
  const reasons = page.locator('.reasons');
  await reasons.getByText('Price').waitFor();
  await page.getByLabel('Another reason').fill('Timing');
  await page.keyboard.press('Enter');
  await reasons.getByText('Timing').waitFor();
  await page.getByRole('button', { name: 'Remove the reason Price' }).click();
  await reasons.getByText('Price').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Details of the loss: empty. Change' }).click();
  await page.getByLabel('Details of the loss').fill('They had waited');
  await page.getByRole('heading', { level: 1 }).click();
  await page.getByRole('button', { name: 'Details of the loss: They had waited. Change' }).waitFor();
  const { order_lost_reason, lost_reasons } = (await api.get(`/opportunity/${id}?expand=lost_reasons`)).body;
  expect([order_lost_reason, lost_reasons.map(({ lost_reason }: Json) => lost_reason)]).toEqual([
    'They had waited',
    ['Timing'],
  ]);
});

it('fills an empty board with sample deals, in stages', async () => {
  // An open deal would be read again, and is gone then.
  await page.goto('/app/reports');
  const { data } = (await api.get('/opportunity?fields=id&limit=100')).body;
  for (const { id } of data as Json[]) await api.delete(`/opportunity/${id}`);
  await page.goto('/app');
  await page.getByRole('button', { name: 'Add sample deals' }).click();
  await page.locator('.column').filter({ hasText: 'Negotiation' }).locator('.card').first().waitFor();
  // The board shows the deals as they come.
  const total = async (): Promise<number> => (await api.get('/opportunity?limit=1')).body.total;
  await expect.poll(total, { timeout: 20_000 }).toBe(sampleDeals(new Date()).length);
  expect(await page.getByRole('heading', { name: 'No deals yet' }).count()).toBe(0);
  const [pipeline] = (await api.get('/pipeline?expand=stages')).body.data;
  expect(await page.locator('.column h2').allInnerTexts()).toEqual(pipeline.stages.map(({ label }: Json) => label));
});

it('switches between pipelines, and keeps the choice in the address', async () => {
  const stages = [
    { key: 'Due', probability: 90 },
    { key: 'Renewed', type: 'won' },
    { key: 'Ended', type: 'lost' },
  ];
  const { id } = (await api.post('/pipeline', { name: 'Renewals', stages })).body;
  await makeDeal(app, 'To renew', { pipeline_id: id });
  await page.reload();
  await page.getByLabel('Pipeline').selectOption({ label: 'Renewals' });
  await page.waitForURL(`**/app?pipeline=${id}`);
  for (const again of [false, true]) {
    if (again) await page.reload();
    await page.locator('.column').filter({ hasText: 'Due' }).getByText('To renew').first().waitFor();
    expect(await page.locator('.column h2').allInnerTexts()).toEqual(['Due', 'Renewed', 'Ended']);
    expect(await page.locator('.card').count()).toBe(1);
  }
});

it('saves a report as CSV, with the rows of the API', async () => {
  await page.goto('/app/reports/funnel');
  await page.locator('.chart svg').waitFor();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe('funnel.csv');
  const [head, ...rows]: string[][] = parse(await readFile(await file.path(), 'utf8'));
  const { data } = (await api.get('/reports/funnel')).body;
  expect(head).toEqual(await page.locator('thead th').allInnerTexts());
  expect(rows).toEqual(
    data.map(({ label, entered, advanced, rate }: Json) => [label, entered, advanced, rate].map(String)),
  );
});

it('is not there with APP_PAGE=false', async () => {
  const service = await startService({ APP_PAGE: 'false' });
  try {
    for (const path of ['/app', '/app/deals/x']) {
      const response = await fetch(service.origin + path, { headers: { accept: 'text/html' } });
      expect([response.status, ((await response.json()) as Json).error.code]).toEqual([404, 'route_missing']);
    }
  } finally {
    await service.stop();
  }
});

it('leaves nothing in the console but the refusals, and asks no other host', () => {
  expect(unexpected(app)).toEqual([]);
});
