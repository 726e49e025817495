import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

/** Opens a page of the service in a Chromium, and writes down everything that goes wrong on it. */
export async function openPage(origin: string): Promise<OpenPage> {
  const { program, environment, remove } = installedBrowser() ?? (await bundledBrowser());
  const env = { ...process.env, ...environment } as Record<string, string>;
  const browser = await chromium.launch({ executablePath: program, args: ARGUMENTS, env });
  const page = await browser.newPage({ baseURL: origin, viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on(
    'console',
    (message) => message.type() === 'error' && complaints.push(`console: ${message.text()} ${message.location().url}`),
  );
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(`request elsewhere: ${url.href}`);
  });
  return {
    page,
    complaints,
    close: async () => {
      await browser.close();
      await remove();
    },
  };
}

interface Browser {
  program: string;
  /** Where it finds the libraries and fonts that it brings along. */
  environment?: Record<string, string>;
  remove: () => Promise<void>;
}

/** A Chromium or Chrome of the machine, or the one at CHROMIUM_PATH. */
function installedBrowser(): Browser | undefined {
  const { CHROMIUM_PATH } = process.env;
  const program = (CHROMIUM_PATH === undefined ? USUAL_PLACES : [CHROMIUM_PATH]).find((path) => existsSync(path));
  return program === undefined ? undefined : { program, remove: () => Promise.resolve() };
}

/**
 * The Chromium that comes from npm, for Linux on x64. It is made for AWS Lambda: told that it is there, it unpacks its
 * libraries, too. Into a new folder each time, as an unpacking that was broken off would leave a broken program behind.
 * A machine may have no fonts, without which it crashes; its own settings look for those that it brings in /tmp only.
 */
async function bundledBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('There is no Chromium: install one, or set CHROMIUM_PATH to the program of a Chromium or Chrome.');
  const directory = await mkdtemp(join(tmpdir(), 'crm-chromium-'));
  const env = { ...process.env, TMPDIR: directory, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x', NODE_OPTIONS: '' };
  // Also where this file is compiled to another folder.
  const script = join(process.cwd(), 'test/support/unpack-chromium.js');
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const settings = join(directory, 'fonts.conf');
  // Those of the machine come behind them, for letters that they lack.
  const folders = [`${directory}/fonts`, '/usr/share/fonts', '/usr/local/share/fonts'];
  const places = folders.map((folder) => `<dir>${folder}</dir>`).join('');
  await writeFile(settings, `<fontconfig>${places}<cachedir>${directory}</cachedir></fontconfig>`);
  const environment = { LD_LIBRARY_PATH: join(directory, 'al2023', 'lib'), FONTCONFIG_FILE: settings };
  return { program: stdout, environment, remove };
}
