import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '../../src/common/ids/api-key.format.js';
import { SampleWriter } from '../../src/sample/sample-writer.js';
import { openPage } from '../../test/support/browser.js';
import { freePort, StartedService } from '../../test/support/started-service.js';

/* Draws the picture of the README: the board of a new service with the sample deals. */

const PICTURE = 'docs/board.png';

const directory = await mkdtemp(join(tmpdir(), 'crm-screenshot-'));
const [PORT, key] = [await freePort(), generateKey('test')];
const origin = `http://127.0.0.1:${PORT}`;
const environment = { PORT, DATA_DIR: directory, BOOTSTRAP_API_KEY: key, BASE_CURRENCY: 'EUR' };
const service = await new StartedService(directory, environment).started();
try {
  await new SampleWriter(origin, key).put(new Date());
  const { page, close } = await openPage(origin);
  try {
    await page.goto(`/app#key=${key}`);
    await page.locator('[data-count] .sums-count').first().waitFor();
    await page.locator('.live.is-on').waitFor();
    await page.screenshot({ path: PICTURE });
  } finally {
    await close();
  }
} finally {
  service.signal('SIGTERM');
  await service.exit();
  await rm(directory, { recursive: true, force: true });
}
