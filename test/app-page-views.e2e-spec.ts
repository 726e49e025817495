import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { findings, makeDeal, startAppPage, unexpected, type AppPage } from './support/app-page.js';
import type { Client, Json } from './support/client.js';

/* The views beside the board. */

let app: AppPage;
let api: Client;
let page: Page;

beforeAll(async () => {
  app = await startAppPage();
  ({ api, page } = app);
  await makeDeal(app, 'Open deal', { opportunity_amount: 1000.5, currency: 'EUR' });
  await api.post(`/opportunity/${await makeDeal(app, 'Won deal')}/convert`, undefined);
  const lost_reasons = [{ lost_reason: 'Price' }];
  await api.post(`/opportunity/${await makeDeal(app, 'Lost deal')}/lose`, { lost_reasons });
  await page.goto(`/app#key=${app.key}`);
  await page.locator('.board').waitFor();
});
afterAll(() => app.stop());

it('checks a file of deals, imports it, and saves the rows that fail', async () => {
  await page.getByRole('link', { name: 'Imports' }).click();
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.getByText('Choose a file.').waitFor();
  const head = 'external_id,title,opportunity_from,party_name,company,transaction_date,probability,Colour\n';
  const row = (id: string, probability: number): string =>
    `${id},Imported ${id},Lead,Acme,Example Corp,2024-01-15,${probability},red\n`;
  await page.locator('input[type=file]').setInputFiles({
    name: 'deals.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(head + row('A-1', 40) + row('A-2', 140)),
  });
  expect(await findings(app)).toEqual([]);
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.locator('[data-count="To create"]').filter({ hasText: '1' }).waitFor();
  await page.getByText('probability must not be greater than 100.').waitFor();
  await page.getByText("The column 'Colour' is ignored.").waitFor();
  expect(await findings(app)).toEqual([]);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download failed rows' }).click();
  expect(await readFile(await (await saved).path(), 'utf8')).toContain('A-2,Imported A-2');
  await page.getByRole('button', { name: 'Import 1 deal' }).click();
  await page.getByText('Done, rows failed').waitFor();
  const { data } = (await api.get('/opportunity?external_id=A-1')).body;
  expect(data).toMatchObject([{ title: 'Imported A-1', probability: 40 }]);
  // What somebody else does with the import appears by itself.
  await api.post(`//api/imports/${page.url().split('/').at(-1) ?? ''}/revert`, undefined);
  await page.getByText('Reverted', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Imports' }).first().click();
  await page.getByRole('link', { name: /CSV/ }).waitFor();
  expect(await findings(app)).toEqual([]);
});

it('names each view in its title, and hands the focus on', async () => {
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const { activeElement: element } = (globalThis as Json).document;
      return element.tagName === 'MAIN' ? 'the view' : element.textContent.trim();
    });
  await page.goto('/app');
  await page.getByRole('link', { name: 'Open deal' }).click();
  await page.getByRole('heading', { level: 1, name: 'Open deal' }).waitFor();
  expect([await page.title(), await focused()]).toEqual(['Open deal – Deals', 'the view']);
  await page.goBack();
  await page.waitForFunction(() => (globalThis as Json).document.activeElement.textContent === 'Open deal');
  expect(await page.title()).toBe('Board – Deals');
  await page.getByRole('button', { name: 'New deal' }).click();
  await page.getByLabel('Title').fill('Not made');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused()).toBe('New deal');
  for (const [link, title] of [
    ['Reports', 'Pipeline'],
    ['Imports', 'Imports'],
    ['Webhooks', 'Webhooks'],
  ]) {
    await page
      .getByRole('navigation', { name: 'Views' })
      .getByText(link ?? '')
      .click();
    await page.waitForFunction((wanted) => (globalThis as Json).document.title === `${wanted} – Deals`, title);
    expect(await focused()).toBe('the view');
  }
});

it('asks no longer why a deal was lost when the person goes back', async () => {
  const id = await makeDeal(app, 'Perhaps lost');
  await page.goto('/app/reports');
  await page.getByRole('link', { name: 'Board' }).click();
  await page.locator('.card').filter({ hasText: 'Perhaps lost' }).getByRole('button').click();
  await page.getByRole('menuitemradio', { name: 'Lost' }).click();
  await page.getByRole('dialog').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Pipeline' }).waitFor();
  await page.goForward();
  await page.locator('.card').filter({ hasText: 'Perhaps lost' }).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect((await api.get(`/opportunity/${id}`)).body.status).toBe('Open');
});

it('fits a narrow screen, with the longest names and amounts', async () => {
  const W = 'W'.repeat(140);
  const items = [{ item_name: W, item_code: W, qty: 123456.789, rate: 99999.999 }];
  const stages = [
    { key: W, label: W, probability: 10 },
    { key: 'Won', type: 'won' },
    { key: 'Lost', type: 'lost' },
  ];
  const pipeline = (await api.post('/pipeline', { name: W, stages })).body.id;
  const id = await makeDeal(app, W, {
    pipeline_id: pipeline,
    sales_stage: W,
    party_name: W,
    opportunity_owner: W,
    opportunity_amount: 999_999_999_999.99,
    currency: 'IDR',
    items,
  });
  expect((await api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: W }] })).status).toBe(200);
  await page.setViewportSize({ width: 360, height: 740 });
  const wide: string[] = [];
  const views = ['/app', `/app?pipeline=${pipeline}`, `/app/deals/${id}`, '/app/imports', '/app/webhooks'];
  const reports = ['', '/changes', '/losses', '/funnel'].map((name) => `/app/reports${name}`);
  for (const path of [...views, ...reports]) {
    await page.goto(path);
    await page.locator('main').waitFor();
    await page.locator('.loading').waitFor({ state: 'detached' });
    const { scrollWidth } = await page.evaluate(() => {
      const { scrollWidth } = (globalThis as Json).document.documentElement;
      return { scrollWidth };
    });
    if (scrollWidth > 360) wide.push(`${path}: ${scrollWidth}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await api.delete(`/opportunity/${id}`);
  expect((await api.delete(`/pipeline/${pipeline}`)).status).toBe(200);
  expect(wide).toEqual([]);
});

it('draws each report, with its table', async () => {
  for (const name of ['pipeline', 'forecast', 'win-rate', 'losses', 'funnel', 'changes']) {
    await page.goto(`/app/reports/${name}`);
    await page.locator('.chart svg').waitFor();
    expect([name, await findings(app)]).toEqual([name, []]);
    const { totals } = (await api.get(`/reports/${name}?${name === 'changes' ? 'from=2024-01-01&to=2124-01-01' : ''}`))
      .body;
    if (name === 'pipeline') expect(await page.locator('tfoot td').first().innerText()).toBe(String(totals.count));
  }
});

it('draws a report anew when deals change, and adds no amounts of several companies', async () => {
  await page.goto('/app/reports/pipeline');
  const total = page.locator('tfoot td').first();
  const before = Number(await total.innerText());
  const id = await makeDeal(app, 'One more', { company: 'Other', currency: 'CHF', opportunity_amount: 7.5 });
  await total.getByText(String(before + 1), { exact: true }).waitFor();
  const note = page.getByText('Some of these deals belong to several companies');
  await note.waitFor();
  expect(await page.locator('tfoot td').nth(1).innerText()).toContain('CHF\u00a07.50');
  await api.delete(`/opportunity/${id}`);
  await total.getByText(String(before), { exact: true }).waitFor();
  await note.waitFor({ state: 'detached' });
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
  // A delivery that waits behind others is due in the past; the view asks again, also after a refusal.
  const waiting = { status: 'pending', next_attempt_at: '2024-01-15T00:00:00.000Z', attempts: [] };
  let asked = 0;
  const deliveries = '**/api/webhook-endpoints/*/deliveries?*';
  await page.route(deliveries, async (route) => {
    asked++;
    if (asked === 2) return route.fulfill({ status: 400, json: { error: { message: 'This takes too long.' } } });
    const response = await route.fetch();
    const body: Json = await response.json();
    const data = body.data.map((delivery: Json) => ({ ...delivery, ...waiting }));
    return route.fulfill({ response, json: asked === 1 ? { ...body, data } : body });
  });
  await makeDeal(app, 'To be sent');
  await page.getByText('opportunity.created').click();
  await page.getByText(/: failed \(/).waitFor();
  await page.unroute(deliveries);
  expect(await findings(app)).toEqual([]);
});

it('shows the way back from an address that belongs to no view', async () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'if-none-match': '*' };
  for (const path of ['/app/nothing', '/app/deals/a/b', '/app/reports/pipeline/old?x=1']) {
    const response = await fetch(app.origin + path, { headers: html });
    const { headers } = response;
    expect([path, response.status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      path,
      404,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(headers.get('vary')).toContain('Accept');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    await page.goto(path);
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  }
  expect(await findings(app)).toEqual([]);
  await page.getByRole('main').getByRole('link', { name: 'board' }).click();
  await page.locator('.board').waitFor();
  for (const accept of ['*/*', 'application/json', 'text/html;q=0, */*']) {
    const response = await fetch(`${app.origin}/app/nothing`, { headers: { accept } });
    const { error } = (await response.json()) as Json;
    expect([accept, response.status, error.code, error.message]).toEqual([
      accept,
      404,
      'route_missing',
      'There is no /app/nothing.',
    ]);
  }
});

it('opens the deals of a row of a report, and no others', async () => {
  const ends = ['won', 'lost'].map((type) => ({ key: type, label: type, type }));
  const renewals = { name: 'Renewals', stages: [{ key: 'Due', label: 'Due', probability: 90 }, ...ends] };
  const { id: pipeline_id } = (await api.post('/pipeline', renewals)).body;
  app.stages['Due'] = (await api.get(`/pipeline/${pipeline_id}?expand=stages`)).body.stages[0].id;
  await makeDeal(app, 'In another stage', { sales_stage: 'Offer' });
  await makeDeal(app, 'To renew', { pipeline_id, sales_stage: 'Due' });
  for (const [stage, title] of [
    ['Offer', 'In another stage'],
    ['Due', 'To renew'],
  ] as const) {
    await page.goto('/app/reports/pipeline');
    const row = `${stage === 'Due' ? 'Renewals' : 'Sales'}: ${stage}`;
    await page.getByRole('row', { name: row }).getByRole('link').click();
    const column = page.locator(`[data-column="${app.stages[stage]}"]`);
    await column.locator('[data-count="1"]').waitFor();
    expect(await page.locator('.card-title').allTextContents()).toEqual([title]);
    expect(await column.locator('.card-title').count()).toBe(1);
    expect(await page.locator('.sums:not([data-count="0"])').count()).toBe(1);
    await page
      .locator('.chip')
      .filter({ hasText: `Stage is ${stage}` })
      .waitFor();
  }
  await page.locator('.picker select').selectOption({ label: 'Sales' });
  await page.locator('.card-title').filter({ hasText: 'In another stage' }).waitFor();
  await page.locator('.chip').filter({ hasText: 'Stage is' }).waitFor({ state: 'detached' });
  await page.goto('/app/reports/funnel');
  await page.locator('.picker select').selectOption({ label: 'Renewals' });
  await page.getByRole('row', { name: /^Due 1/ }).waitFor();
});

it.each([
  ['', '/api/crm/pipeline', '.card'],
  ['/reports', '/api/crm/reports/pipeline', 'table'],
  ['/imports', '/api/imports', '.panel'],
  ['/webhooks', '/api/webhook-endpoints', '.endpoints'],
])('tries again when a person asks to: /app%s', async (view, path, shown) => {
  const isAsked = ({ pathname }: URL): boolean => pathname === path;
  const refusal = { error: { message: 'This takes too long.' } };
  await page.route(isAsked, (route) => route.fulfill({ status: 400, json: refusal }));
  await page.goto(`/app${view}?again`);
  const notice = page.getByRole('alert').filter({ hasText: 'This takes too long.' });
  await notice.waitFor();
  expect(await findings(app)).toEqual([]);
  await page.unroute(isAsked);
  await notice.getByRole('button', { name: 'Try again' }).click();
  await page.locator(shown).first().waitFor();
  await notice.waitFor({ state: 'detached' });
});

it('offers no change to a key that may only read', async () => {
  const { body } = await api.request('POST', '//api/keys', { body: { name: 'reader', scopes: ['read'] } });
  await page.evaluate(() => (globalThis as Json).sessionStorage.clear());
  await page.goto(`/app?reader#key=${body.secret}`);
  await page.getByText('Read only').waitFor();
  await page.locator('.card').first().waitFor();
  expect(await page.getByRole('button', { name: /New deal|Move/ }).count()).toBe(0);
  expect(await page.getByRole('link', { name: /Webhooks|Imports/ }).count()).toBe(0);
  await page.goto('/app/webhooks');
  await page.getByRole('heading', { name: 'This key may not open this view' }).waitFor();
});

it('leaves nothing in the console but the refusals, and asks no other host', () => {
  expect(unexpected(app)).toEqual([]);
});
