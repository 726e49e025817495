import { z } from 'zod';
import { CURRENCIES } from '../common/fields/currencies.js';
import { modeOfKey } from '../common/ids/api-key.format.js';
import { databaseUrl, databaseUrls } from './database-url.js';
import { origins } from './origins.js';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).refine((text) => !text.endsWith('/0'));

/** Addresses and networks as in `127.0.0.1,10.0.0.0/8`; never "all" or a number, which anyone could pretend to be. */
const trustedProxies = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine(
    (entries) => entries.every((entry) => network.safeParse(entry).success),
    'must be addresses and networks, such as 127.0.0.1,10.0.0.0/8',
  );

/** Names as in `acme-tickets,./local/module.js`. */
const names = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

/** The same for the networks that webhooks may be sent to. */
const openNetworks = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim()))
  .refine(
    (entries) => entries.every((entry) => network.safeParse(entry).success),
    'must be addresses and networks, such as 10.0.0.0/8,192.168.1.20,fd00::/8',
  );

/** Every environment variable the service reads: its form, its default as it would be written, and its one-line meaning. */
const variables = {
  PORT: wholeNumber(1, 65_535).default(3000).describe('TCP port of the HTTP server.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface.'),
  WEB_CONCURRENCY: wholeNumber(1, 256).default(1).describe('Processes that serve the port; each uses one core.'),
  MODULES: names
    .optional()
    .describe('Modules of your own to load, separated by commas: names of installed packages, or paths.'),
  DATABASE_URL: databaseUrl
    .optional()
    .describe('Address of a PostgreSQL 15 or later; if unset, the service starts an embedded one in DATA_DIR.'),
  DATABASE_REPLICA_URLS: databaseUrls
    .optional()
    .describe('Addresses of streaming replicas for reads with "Prefer: stale-ok", separated by commas.'),
  DATABASE_REPLICA_MAX_LAG_MS: wholeNumber(200, 3_600_000)
    .default(5000)
    .describe('Maximum lag of a replica that still serves reads.'),
  DATABASE_DISTRIBUTED: z
    .enum(['citus'])
    .optional()
    .describe(
      'citus if DATABASE_URL is the coordinator of a Citus cluster: tables are spread over its nodes by workspace.',
    ),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .describe('Folder for the embedded database, its password and the first key.'),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).default(10).describe('Connections to PostgreSQL per process.'),
  DATABASE_PREPARED_STATEMENTS: flag
    .default(true)
    .describe(
      'Prepare statements on each connection; false for a pooler that does not support it (PgBouncer before 1.21).',
    ),
  DATABASE_QUEUE_SIZE: wholeNumber(1, 100_000)
    .default(2000)
    .describe('Maximum number of requests that wait for a connection; further requests get 503 at once.'),
  DATABASE_WORKSPACE_CONNECTIONS: wholeNumber(1, 1000)
    .optional()
    .describe(
      'Maximum number of connections for one workspace while others are active; half of DATABASE_POOL_SIZE if unset.',
    ),
  DATABASE_CONNECT_TIMEOUT_MS: wholeNumber(1, 60_000).default(1500).describe('Longest wait for a connection.'),
  DATABASE_STATEMENT_TIMEOUT_MS: wholeNumber(1, 600_000)
    .default(2200)
    .describe('Longest run of one statement; 300 ms later, its request gets 503.'),
  DATABASE_LOCK_TIMEOUT_MS: wholeNumber(1, 600_000).default(2000).describe('Longest wait for a row lock.'),
  MIGRATE_ON_START: flag
    .default(true)
    .describe('Run pending migrations at the start; with false, an old schema stops the start.'),
  BOOTSTRAP_API_KEY: z
    .string()
    .refine(
      (key) => modeOfKey(key) !== undefined,
      'is not a well-formed key; make one with: npm run --silent keys -- generate',
    )
    .optional()
    .describe('API key that the start creates in the workspace "default", with every scope (for compose and CI).'),
  APP_PAGE: flag.default(true).describe('Serve the web app at /app; false turns it off.'),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 600_000)
    .default(0)
    .describe('How long to keep serving after SIGTERM while /health/ready returns 503, so that load balancers notice.'),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(0, 600_000)
    .default(10_000)
    .describe('How long a stop waits for running requests before it cancels them.'),
  BODY_LIMIT_BYTES: wholeNumber(1024, 104_857_600).default(1_048_576).describe('Maximum size of a request body.'),
  MAX_CHILDREN: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Maximum number of line items, and of lost reasons, of one opportunity.'),
  MAX_KEYS: wholeNumber(1, 100_000)
    .default(1000)
    .describe('Maximum number of working keys of one workspace; the keys command can exceed it.'),
  MAX_BATCH_ROWS: wholeNumber(1, 1_000_000)
    .default(2000)
    .describe('Maximum number of rows that one batch may write: opportunities and their children.'),
  EXPORT_SORT_ROWS: wholeNumber(1, 100_000_000)
    .default(100_000)
    .describe('Maximum number of opportunities that an export sorts by an attribute without an index.'),
  MAX_ANSWER_BYTES: wholeNumber(65_536, 1_073_741_824)
    .default(4_194_304)
    .describe(
      'Maximum size of a list in the response to a read: a page, or one kind of children; its first object always fits.',
    ),
  REQUIRE_LOST_REASON: flag
    .default(false)
    .describe('Refuse writes that leave an opportunity Lost without a lost reason or order_lost_reason.'),
  BASE_CURRENCY: z
    .string()
    .refine((code) => CURRENCIES.has(code), 'must be an ISO 4217 currency code, such as EUR')
    .optional()
    .describe(
      'Currency of all companies, which lets reports add their base amounts; leave it unset if the currencies differ.',
    ),
  METRICS_TOKEN: z
    .string()
    .regex(/^[-\w.~+/]{16,}=*$/, 'must be at least 16 letters and digits')
    .optional()
    .describe('Bearer token for /metrics; metrics are off if neither METRICS_TOKEN nor METRICS_PORT is set.'),
  METRICS_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe('TCP port that serves only /metrics, on HOST; it requires METRICS_TOKEN if that is set.'),
  RATE_LIMIT_REQUESTS: wholeNumber(0, 1_000_000_000)
    .default(100_000)
    .describe('Maximum number of requests in a window for each key without a limit of its own; 0 for no limit.'),
  RATE_LIMIT_WORKSPACE_REQUESTS: wholeNumber(0, 10_000_000_000)
    .optional()
    .describe(
      'Maximum number of requests in a window for all keys of a workspace; 10 × RATE_LIMIT_REQUESTS if unset, 0 for no limit.',
    ),
  RATE_LIMIT_WINDOW_S: wholeNumber(1, 86_400)
    .default(60)
    .describe('Length of the window of the rate limits, in seconds.'),
  AUTH_FAILURES_PER_MINUTE: wholeNumber(0, 1_000_000_000)
    .default(100)
    .describe(
      'Maximum number of invalid keys that one address may send in a minute before it gets 429; 0 for no limit.',
    ),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .optional()
    .describe('Redis in which all processes count requests together; if unset, each process counts its own.'),
  TRUST_PROXY: trustedProxies
    .optional()
    .describe('Proxies whose X-Forwarded-For is trusted: addresses and networks, separated by commas.'),
  CORS_ORIGINS: origins
    .optional()
    .describe('Origins whose pages may call the API from a browser, separated by commas; * for all, none if unset.'),
  STRICT_STAGES: flag
    .default(false)
    .describe(
      'Refuse a sales_stage that names no stage of the pipeline; a workspace without pipelines accepts any text.',
    ),
  EVENT_RETENTION_DAYS: wholeNumber(0, 36_500)
    .default(365)
    .describe('Days to keep the history of changes; 0 keeps it for ever.'),
  IMPORT_LIMIT_BYTES: wholeNumber(1024, 1_099_511_627_776)
    .default(536_870_912)
    .describe('Maximum size of the file of an import, both as sent and unpacked.'),
  IMPORT_RETENTION_DAYS: wholeNumber(1, 36_500)
    .default(30)
    .describe('Days to keep the file and the rows of an import after its end.'),
  WEBHOOK_ALLOWED_NETWORKS: openNetworks
    .optional()
    .describe('Private addresses and networks that may receive webhooks, separated by commas.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\//, 'must start with http:// or https://')
    .optional()
    .describe('OpenTelemetry collector that receives traces over OTLP/HTTP; the other OTEL_ variables work as well.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Lowest level to log; info logs a line for each request.'),
  LOG_FORMAT: z
    .enum(['json', 'pretty'])
    .default('pretty')
    .describe('json for machines (the default of the image), pretty for people.'),
};

const schema = z.object(variables);

export type Config = Readonly<z.output<typeof schema>>;

/** Nest injection token of the one `Config` of the process. */
export const CONFIG = Symbol('CONFIG');

export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** Reads the configuration once; an empty variable counts as unset. Throws a `ConfigError` that lists all problems. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.superRefine(requireOwnDatabase).safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

/** The embedded PostgreSQL has no Citus. */
function requireOwnDatabase({ DATABASE_DISTRIBUTED, DATABASE_URL }: Config, context: z.RefinementCtx): void {
  if (DATABASE_DISTRIBUTED !== undefined && DATABASE_URL === undefined)
    context.addIssue({
      code: 'custom',
      path: ['DATABASE_DISTRIBUTED'],
      message: 'needs DATABASE_URL, the address of the coordinator',
    });
}

/** The text of `.env.example`: every variable, its meaning and its default. A test keeps the file equal to it. */
export function renderEnvExample(): string {
  return Object.entries(describeVariables())
    .map(
      ([name, { description, fallback }]) =>
        `# ${description}\n${fallback === undefined ? `# ${name}=` : `${name}=${fallback}`}\n`,
    )
    .join('\n');
}

/** Name → meaning and default of every variable, for documents and their tests. */
export function describeVariables(): Record<string, { description: string; fallback: string | undefined }> {
  const defaults = schema.parse({}) as Record<string, string | number | boolean | string[] | undefined>;
  return Object.fromEntries(
    Object.entries(variables).map(([name, field]) => [
      name,
      {
        description: field.description ?? '',
        fallback: defaults[name] === undefined ? undefined : String(defaults[name]),
      },
    ]),
  );
}
