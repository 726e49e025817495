import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Locator, Page } from 'playwright-core';
import { generateKey } from '../../src/common/ids/api-key.format.js';
import { openPage } from './browser.js';
import { Client, type Json } from './client.js';
import { cloneDatabase } from './database.js';
import { schemaCheck } from './schema-check.js';
import { documentOf } from './service.js';
import { freePort, StartedService } from './started-service.js';

/* The page for people in a real browser, on the built service: its modules exist only there. */

export const STAGES = ['Lead', 'Offer', 'Won', 'Lost'];

/** The columns of a workspace without pipelines, and their statuses. */
export const COLUMNS_OF_STATUSES = {
  ...{ Open: 'Open', Replied: 'Replied', Quotation: 'Quotation' },
  ...{ Won: 'Converted', Lost: 'Lost', Closed: 'Closed' },
};

export const DEAL = {
  opportunity_from: 'Lead',
  party_name: 'Acme',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
};

export interface AppPage {
  origin: string;
  key: string;
  api: Client;
  page: Page;
  complaints: string[];
  /** Ids of the stages by their keys, or statuses by the names of their columns. */
  stages: Record<string, string>;
  stop: () => Promise<void>;
}

/** A service, with one pipeline unless it is to have none, and a browser beside it. */
export async function startAppPage({ hasPipeline = true } = {}): Promise<AppPage> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0)) await each();
  };
  try {
    return { ...(await start(stops, hasPipeline)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(stops: (() => Promise<void>)[], hasPipeline: boolean): Promise<Omit<AppPage, 'stop'>> {
  const key = generateKey('test');
  const database = await cloneDatabase();
  stops.push(database.drop);
  const PORT = await freePort();
  const service = new StartedService(tmpdir(), { PORT, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: key });
  stops.unshift(() => service.kill());
  await service.started();
  const origin = `http://127.0.0.1:${PORT}`;
  const api = new Client(origin, key, schemaCheck(await documentOf(origin)));
  const stages = hasPipeline ? await makePipeline(api) : COLUMNS_OF_STATUSES;
  const { page, complaints, close } = await openPage(origin);
  stops.unshift(close);
  page.setDefaultTimeout(20_000);
  return { origin, key, api, page, complaints, stages };
}

async function makePipeline(api: Client): Promise<Record<string, string>> {
  const stages = [
    { key: 'Lead', label: 'Lead', probability: 10, forecast_category: 'pipeline' },
    { key: 'Offer', label: 'Offer', probability: 60, forecast_category: 'commit' },
    { key: 'Won', label: 'Won', type: 'won' },
    { key: 'Lost', label: 'Lost', type: 'lost' },
  ];
  const { body } = await api.post('/pipeline', { name: 'Sales', stages });
  const all: Json[] = (await api.get(`/pipeline/${body.id}?expand=stages`)).body.stages;
  return Object.fromEntries(all.map(({ key, id }) => [key, id]));
}

export async function makeDeal({ api }: AppPage, title: string, more: object = {}): Promise<string> {
  const body = { ...DEAL, party_name: `Party of ${title}`, title, ...more };
  return (await api.post('/opportunity', body)).body.id;
}

export async function statusOf({ api }: AppPage, id: string): Promise<string> {
  return (await api.get(`/opportunity/${id}`)).body.status;
}

export function columnOf({ page, stages }: AppPage, stage: string): Locator {
  return page.locator(`[data-column="${stages[stage] ?? ''}"]`);
}

export function cardOf(app: AppPage, stage: string, title: string): Locator {
  return columnOf(app, stage).locator('.card').filter({ hasText: title });
}

export async function drag(app: AppPage, card: Locator, to: string): Promise<void> {
  const [from, target] = [await card.boundingBox(), await columnOf(app, to).boundingBox()];
  if (from === null || target === null) throw new Error('There is nothing to drag.');
  const { mouse } = app.page;
  await mouse.move(from.x + 30, from.y + 20);
  await mouse.down();
  await mouse.move(from.x + 60, from.y + 40, { steps: 3 });
  await mouse.move(target.x + target.width / 2, target.y + 120, { steps: 6 });
  await mouse.up();
}

/** The rules of axe-core whose findings differ between a light and a dark page. */
const RULES_OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** Everything that axe-core finds on what is shown: on a wide screen in both schemes, and on a narrow dark one. */
export async function findings({ page }: AppPage): Promise<string[]> {
  const size = page.viewportSize();
  const inLight = await violations(page, {});
  await page.emulateMedia({ colorScheme: 'dark' });
  const inDark = await violations(page, { runOnly: RULES_OF_COLOURS });
  await page.setViewportSize({ width: 360, height: 740 });
  const onNarrow = await violations(page, {});
  await page.emulateMedia({ colorScheme: 'light' });
  if (size !== null) await page.setViewportSize(size);
  return [...inLight, ...inDark.map((found) => `dark: ${found}`), ...onNarrow.map((found) => `narrow: ${found}`)];
}

async function violations(page: Page, options: object): Promise<string[]> {
  // In the middle of an animation, colours have not yet the contrast that they get.
  await page.evaluate(() =>
    Promise.allSettled((globalThis as Json).document.getAnimations().map(({ finished }: Json) => finished)),
  );
  const isLoaded = await page.evaluate(() => (globalThis as Json).axe !== undefined);
  if (!isLoaded) await page.evaluate(await readFile('node_modules/axe-core/axe.min.js', 'utf8'));
  const wanted = { resultTypes: ['violations'], ...options };
  const { violations: found } = await page.evaluate((given) => (globalThis as Json).axe.run(given), wanted);
  return found.map(({ id, nodes }: Json) => `${id}: ${nodes[0].html}`);
}

/** What the page complains about, besides the refusals that a test provokes. */
export function unexpected({ complaints }: AppPage): string[] {
  return complaints.filter((text) => !/status of (?:400|412)|status of 404 .*\/app\/(?!assets)|ERR_ABORTED/.test(text));
}

/** A promise that a test resolves. */
export function gate(): { isOpen: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  return { isOpen, open };
}
