import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { generateKey } from '../../src/common/ids/api-key.format.js';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { SampleWriter } from '../../src/sample/sample-writer.js';
import { openPage } from '../../test/support/browser.js';
import { freePort, StartedService } from '../../test/support/started-service.js';

/* Draws the picture of the README: the board of a new service with the sample deals. */

const PICTURE = 'docs/board.png';
const SIZE = { width: 1440, height: 840 };

/** As if people had worked with the deals for two weeks: some rest in their stage for longer than that allows. */
const AGE = `update opportunity
  set stage_entered_at = stage_entered_at - (right(utm_content, 2)::int * 5) % 13 * interval '1 day'`;

/** The same names in letters that every machine has. */
const IN_LATIN = `update opportunity
  set title = replace(title, '見本市', 'Mihon'), party_name = replace(party_name, '見本商事', 'Mihon Shoji')`;

async function change(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Without a font for them, all letters look the same: an empty box. */
function drawsJapanese(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const canvas = (globalThis as unknown as DrawingPage).document.createElement('canvas');
    const drawn = (letter: string): string => {
      const pen = canvas.getContext('2d');
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.fillText(letter, 10, 50);
      return canvas.toDataURL();
    };
    return drawn('見') !== drawn('本');
  });
}

interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    clearRect(x: number, y: number, width: number, height: number): void;
    fillText(text: string, x: number, y: number): void;
  };
  toDataURL(): string;
}

/** As much of a browser's window as `drawsJapanese` uses; the types of this folder are Node's. */
interface DrawingPage {
  document: { createElement(name: 'canvas'): Canvas };
}

async function draw(origin: string, key: string, databaseUrl: string): Promise<void> {
  const { page, close } = await openPage(origin);
  try {
    if (!(await drawsJapanese(page))) await change(databaseUrl, IN_LATIN);
    await page.setViewportSize(SIZE);
    await page.goto(`/app#key=${key}`);
    await page.locator('[data-count] .sums-count').first().waitFor();
    await page.locator('.live.is-on').waitFor();
    await page.screenshot({ path: PICTURE });
  } finally {
    await close();
  }
}

const directory = await mkdtemp(join(tmpdir(), 'crm-screenshot-'));
const database = await startEmbeddedPostgres({ dataDir: directory, log: () => undefined });
try {
  const [PORT, key] = [await freePort(), generateKey('test')];
  const origin = `http://127.0.0.1:${PORT}`;
  const environment = { PORT, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: key, BASE_CURRENCY: 'EUR' };
  const service = await new StartedService(directory, environment).started();
  try {
    await new SampleWriter(origin, key).put(new Date());
    await change(database.superuserUrl, AGE);
    await draw(origin, key, database.superuserUrl);
  } finally {
    service.signal('SIGTERM');
    await service.exit();
  }
} finally {
  await database.stop();
  await rm(directory, { recursive: true, force: true });
}
