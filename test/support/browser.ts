import { existsSync } from 'node:fs';
import { chromium, type Page } from 'playwright-core';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** No sandbox, because Chromium has none for root; no lookups, because a test has nothing to say to any other host. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A list with all its filters takes seconds to draw where other tests run beside it. */
const PATIENCE_MS = 120_000;

export interface OpenPage {
  page: Page;
  /** What a person would find in the browser's console and network panel: errors, failed requests, requests elsewhere. */
  complaints: string[];
  close: () => Promise<void>;
}

/** Opens a page of the service in the system's Chromium, and writes down everything that goes wrong on it. */
export async function openPage(origin: string): Promise<OpenPage> {
  const browser = await chromium.launch({ executablePath: findBrowser(), args: ARGUMENTS });
  const page = await browser.newPage({ baseURL: origin, viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(`request elsewhere: ${url.href}`);
  });
  return {
    page,
    complaints,
    close: () => browser.close(),
  };
}

function findBrowser(): string {
  const { CHROMIUM_PATH } = process.env;
  const found = (CHROMIUM_PATH === undefined ? USUAL_PLACES : [CHROMIUM_PATH]).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    `There is no Chromium at ${CHROMIUM_PATH ?? USUAL_PLACES.join(', ')}. Install it (Debian: apt-get install chromium) ` +
      'or set CHROMIUM_PATH to the program of a Chromium or Chrome.',
  );
}
