import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import {
  cardOf,
  columnOf,
  DEAL,
  findings,
  gate,
  makeDeal,
  startAppPage,
  unexpected,
  type AppPage,
} from './support/app-page.js';
import type { Client } from './support/client.js';
import { GROUPS, ITEM_COLUMNS, ITEM_DETAILS } from '../src/app-page/deal/attributes.js';

/* The page of a deal, and the board while very many deals change. */

let app: AppPage;
let api: Client;
let page: Page;

beforeAll(async () => {
  app = await startAppPage();
  ({ api, page } = app);
  await makeDeal(app, 'Open deal');
  await page.goto(`/app#key=${app.key}`);
  await page.locator('.board').waitFor();
});
afterAll(() => app.stop());

it('edits a deal in place, with sums that follow its items', async () => {
  const id = await makeDeal(app, 'To edit', { currency: 'EUR', items: [{ item_name: 'Chair', qty: 2, rate: 10.5 }] });
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
  const field = (name: string) => page.getByLabel(name, { exact: true });
  await page.getByRole('button', { name: 'Details of Chair' }).click();
  for (const [label, text] of [
    ['External id', 'SF-1'],
    ['Brand of Chair', 'Acme'],
  ] as const) {
    await page.getByRole('button', { name: `${label}: empty. Change` }).click();
    await field(label).fill(text);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: `${label}: ${text}. Change` }).waitFor();
  }
  await page.getByRole('button', { name: 'Source of probability: The stage. Change' }).click();
  await field('Source of probability').selectOption({ label: 'Set by hand' });
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Source of probability: Set by hand. Change' }).waitFor();
  await field('Key of new metadata').fill('Sales_Region');
  await field('Text of new metadata').fill('EMEA');
  await page.keyboard.press('Enter');
  await page.locator('.history').getByText('set metadata Sales_Region to EMEA').waitFor();
  expect(await findings(app)).toEqual([]);
  const query = 'fields=*,external_id,metadata,probability_source&expand=items';
  const { items, ...deal } = (await api.get(`/opportunity/${id}?${query}`)).body;
  expect([deal, items[0]]).toMatchObject([
    {
      title: 'Edited',
      total: 42,
      external_id: 'SF-1',
      metadata: { Sales_Region: 'EMEA' },
      probability_source: 'manual',
    },
    { brand: 'Acme' },
  ]);
  await page.getByRole('button', { name: 'Metadata Sales_Region: EMEA. Change' }).click();
  await field('Metadata Sales_Region').fill('');
  await page.keyboard.press('Enter');
  await page.locator('.history').getByText('cleared metadata Sales_Region').waitFor();
});

/** Attributes that stand in places of their own, or that others tell: the head and the panels of a deal, rows of the grid. */
const ELSEWHERE = {
  Opportunity: [...['title', 'status', 'sales_stage', 'stage_id', 'pipeline_name', 'order_lost_reason', 'metadata']],
  OpportunityItem: ['id', 'idx', 'opportunity_id', 'amount', 'metadata'],
};

it.each([
  ['Opportunity', GROUPS.flatMap(({ attributes }) => attributes)],
  ['OpportunityItem', [...ITEM_COLUMNS, ...ITEM_DETAILS]],
] as const)('shows every attribute of an %s, and lets people change those that can be', (schema, shown) => {
  const { components } = JSON.parse(readFileSync('openapi.json', 'utf8'));
  const { properties } = components.schemas[schema];
  const names = [...shown.map(({ name }) => name as string), ...ELSEWHERE[schema]];
  // Lists of other objects, among them those that modules embed, are no attributes.
  const attributes = Object.keys(properties).filter((name) => properties[name].items?.$ref === undefined);
  expect(names.toSorted()).toEqual(attributes.toSorted());
  const fixed = shown.filter(({ input }) => input === 'shown').map(({ name }) => name as string);
  const readOnly = names.filter((name) => properties[name]?.readOnly === true && !ELSEWHERE[schema].includes(name));
  expect(fixed.toSorted()).toEqual(readOnly.toSorted());
});

it('names the key of a change, also after it was revoked', async () => {
  const { id: key, secret } = (
    await api.request('POST', '//api/keys', { body: { name: 'Sam', scopes: ['read', 'write'] } })
  ).body;
  const id = await makeDeal(app, 'Changed by Sam');
  await api.patch(`/opportunity/${id}`, { city: 'Salem' }, { authorization: `Bearer ${secret}` });
  await api.delete(`//api/keys/${key}`);
  await page.goto(`/app/deals/${id}`);
  await page.locator('.history li').filter({ hasText: 'Sam set city to Salem' }).waitFor();
});

it('shows the deal that was opened last, whichever answer comes last', async () => {
  const slow = await makeDeal(app, 'Slow');
  await makeDeal(app, 'Fast');
  await page.goto('/app');
  await page.locator('.card').filter({ hasText: 'Fast' }).waitFor();
  const held = gate();
  const answers = gate();
  await page.route(`**/api/crm/opportunity/${slow}?*`, async (route) => {
    const response = await route.fetch();
    held.open();
    await answers.isOpen;
    // The page may have given it up.
    await route.fulfill({ response }).catch(() => undefined);
  });
  await page.getByRole('link', { name: 'Slow' }).click();
  await held.isOpen;
  await page.goBack();
  await page.getByRole('link', { name: 'Fast' }).click();
  await page.getByRole('heading', { level: 1, name: 'Fast' }).waitFor();
  answers.open();
  await wait(300);
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Fast');
  await page.unroute(`**/api/crm/opportunity/${slow}?*`);
});

it('goes back from a deal to the board as it was, whose stages follow their pipeline', async () => {
  await page.goto('/app?party_name[contains]=open');
  await page.getByRole('link', { name: 'Open deal' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Board' }).click();
  await page.locator('.chip').filter({ hasText: 'Party contains open' }).waitFor();
  const stage = `/pipeline-stage/${app.stages['Lead'] ?? ''}`;
  for (const label of ['First talks', 'Lead']) {
    expect((await api.patch(stage, { label })).status).toBe(200);
    await page.getByRole('heading', { name: label, exact: true }).waitFor();
  }
});

it('keeps all cards of a column, and the one in hand, while very many deals change and reads fail', async () => {
  const makeDeals = async (count: number, more: object): Promise<void> => {
    const operations = Array.from({ length: count }, () => ({ method: 'create', body: { ...DEAL, ...more } }));
    expect((await api.post('/opportunity/batch', { operations })).status).toBe(200);
  };
  await makeDeals(118, { title: 'Offered', sales_stage: 'Offer' });
  const inHand = await makeDeal(app, 'In hand', { sales_stage: 'Offer' });
  await page.goto('/app');
  const offer = columnOf(app, 'Offer');
  for (const last of [99, 118]) {
    await offer.getByRole('button', { name: 'Show more' }).click();
    await offer.locator('.card').nth(last).waitFor();
  }
  const oldest = await offer.locator('.card-title').last().getAttribute('href');
  // Looked up in vain, the changes pile up until the columns are read again; the first of these reads fails, too.
  const isLookUp = ({ searchParams }: URL): boolean => searchParams.has('id[in]');
  const isOffer = ({ searchParams }: URL): boolean => searchParams.get('stage_id') === app.stages['Offer'];
  const refusal = { status: 400, json: { error: { message: 'This takes too long.' } } };
  await page.route(isLookUp, (route) => route.fulfill(refusal));
  await page.route(isOffer, (route) => route.fulfill(refusal), { times: 1 });

  await cardOf(app, 'Offer', 'In hand').hover();
  await page.mouse.down();
  await page.mouse.move(500, 400, { steps: 3 });
  await api.post(`/opportunity/${inHand}/move`, { stage: app.stages['Lead'] });
  await api.patch(`/opportunity/${oldest?.split('/').at(-1) ?? ''}`, { title: 'Renamed' });
  for (let batch = 0; batch < 3; batch++) await makeDeals(200, { title: 'Of many' });
  await cardOf(app, 'Lead', 'Of many').nth(49).waitFor();
  await cardOf(app, 'Offer', 'Renamed').waitFor();
  const titles = await offer.locator('.card-title').allTextContents();
  expect([titles.length, titles[0], titles.at(-1)]).toEqual([119, 'In hand', 'Renamed']);

  await page.unroute(isLookUp);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await cardOf(app, 'Lead', 'In hand').waitFor();
  expect(await offer.locator('.card').count()).toBe(118);
});

it('leaves nothing in the console but the refusals, and asks no other host', () => {
  expect(unexpected(app)).toEqual([]);
});
