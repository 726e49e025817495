import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
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

async function ageDeals(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(AGE);
  await client.end();
}

async function draw(origin: string, key: string): Promise<void> {
  const { page, close } = await openPage(origin);
  try {
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
    await ageDeals(database.superuserUrl);
    await draw(origin, key);
  } finally {
    service.signal('SIGTERM');
    await service.exit();
  }
} finally {
  await database.stop();
  await rm(directory, { recursive: true, force: true });
}
