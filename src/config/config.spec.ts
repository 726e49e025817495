import { readFile } from 'node:fs/promises';
import { ConfigError, describeVariables, loadConfig, renderEnvExample } from './config.js';

function problemsOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

it('needs nothing set', () => {
  expect(loadConfig({})).toMatchObject({
    PORT: 3000,
    HOST: '127.0.0.1',
    WEB_CONCURRENCY: 1,
    DATABASE_REPLICA_MAX_LAG_MS: 5000,
    DATA_DIR: '.data',
    DATABASE_POOL_SIZE: 10,
    DATABASE_PREPARED_STATEMENTS: true,
    DATABASE_QUEUE_SIZE: 2000,
    DATABASE_CONNECT_TIMEOUT_MS: 1500,
    DATABASE_STATEMENT_TIMEOUT_MS: 2200,
    DATABASE_LOCK_TIMEOUT_MS: 2000,
    SHUTDOWN_DELAY_MS: 0,
    SHUTDOWN_TIMEOUT_MS: 10_000,
    MIGRATE_ON_START: true,
    BODY_LIMIT_BYTES: 1_048_576,
    MAX_CHILDREN: 1000,
    MAX_KEYS: 1000,
    MAX_BATCH_ROWS: 2000,
    EXPORT_SORT_ROWS: 100_000,
    MAX_ANSWER_BYTES: 4_194_304,
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'pretty',
  });
});

it('takes numbers and flags for what they are', () => {
  const { PORT, MIGRATE_ON_START } = loadConfig({ PORT: '8080', MIGRATE_ON_START: 'false' });
  expect({ PORT, MIGRATE_ON_START }).toEqual({ PORT: 8080, MIGRATE_ON_START: false });
});

it('takes several addresses of replicas', () => {
  const two = 'postgres://a/crm, postgresql://b/crm';
  expect(loadConfig({ DATABASE_REPLICA_URLS: two }).DATABASE_REPLICA_URLS).toEqual([
    'postgres://a/crm',
    'postgresql://b/crm',
  ]);
});

it('takes addresses and networks of proxies', () => {
  const proxies = ['127.0.0.1', '::1', '10.0.0.0/8', '2001:db8::/32'];
  expect(loadConfig({ TRUST_PROXY: proxies.join(', ') }).TRUST_PROXY).toEqual(proxies);
});

it('takes origins of pages, as browsers write them', () => {
  const given = 'https://App.Example.com:443, http://localhost:5173,http://[::1]:80,https://bücher.example, app://crm';
  expect(loadConfig({ CORS_ORIGINS: given }).CORS_ORIGINS).toEqual([
    'https://app.example.com',
    'http://localhost:5173',
    'http://[::1]',
    'https://xn--bcher-kva.example',
    'app://crm',
  ]);
  expect(loadConfig({ CORS_ORIGINS: '*' }).CORS_ORIGINS).toEqual(['*']);
});

it('takes an empty variable as unset, and other programs’ variables as none of its business', () => {
  const empty = Object.fromEntries(Object.keys(describeVariables()).map((name) => [name, '']));
  expect(loadConfig({ ...empty, PATH: '/bin' })).toEqual(loadConfig({}));
});

it('reports every problem at once, each with the name of its variable', () => {
  const lines = problemsOf({
    PORT: '70000',
    DATABASE_URL: 'mysql://localhost/crm',
    DATABASE_POOL_SIZE: 'many',
    MIGRATE_ON_START: 'yes',
    LOG_LEVEL: 'loud',
  }).split('\n');
  expect(lines[0]).toBe('The configuration is not valid:');
  expect(lines.slice(1).map((line) => line.trim().split(':')[0])).toEqual([
    'PORT',
    'DATABASE_URL',
    'DATABASE_POOL_SIZE',
    'MIGRATE_ON_START',
    'LOG_LEVEL',
  ]);
});

it.each([
  ['PORT', '0'],
  ['PORT', '65536'],
  ['PORT', '3e3'],
  ['PORT', '-1'],
  ['PORT', ' 3000'],
  ['WEB_CONCURRENCY', '0'],
  ['DATABASE_POOL_SIZE', '0'],
  ['DATABASE_REPLICA_URLS', 'postgres://a/crm,mysql://b/crm'],
  ['DATABASE_REPLICA_URLS', 'postgres://a/crm,'],
  ['BODY_LIMIT_BYTES', '1'],
  ['MIGRATE_ON_START', 'TRUE'],
  ['TRUST_PROXY', '1'],
  ['TRUST_PROXY', 'all'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '127.0.0.1,'],
  ['CORS_ORIGINS', 'app.example.com'],
  ['CORS_ORIGINS', 'https://app.example.com/'],
  ['CORS_ORIGINS', 'https://app.example.com/crm'],
  ['CORS_ORIGINS', 'https://*.example.com'],
  ['CORS_ORIGINS', 'https://app.example.com,'],
  ['CORS_ORIGINS', 'https://app.example.com, *'],
  ['CORS_ORIGINS', 'https://sam@app.example.com'],
  ['CORS_ORIGINS', 'https://app.example.com:99999'],
  ['CORS_ORIGINS', 'null'],
  ['LOG_FORMAT', 'xml'],
])('refuses %s=%s', (name, value) => {
  expect(problemsOf({ [name]: value })).toContain(`  ${name}: `);
});

it('never repeats a value, which may be a secret', () => {
  expect(problemsOf({ DATABASE_URL: 'mysql://crm:hunter2@localhost/crm', PORT: 'hunter2' })).not.toContain('hunter2');
});

it('is what .env.example says, variable by variable', async () => {
  expect(await readFile('.env.example', 'utf8')).toBe(renderEnvExample());
});

it('understands every line of .env.example', () => {
  const lines = renderEnvExample().split('\n');
  const set = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=') as [string, string]);
  expect(loadConfig(Object.fromEntries(set))).toEqual(loadConfig({}));
});

it.each(['p/ss', 'p#ss', 'p?ss', '12#3', '1/3'])(
  'says how to write the password %s in an address of a database',
  (password) => {
    const url = `postgres://crm:${password}@db.example.com/crm`;
    expect(problemsOf({ DATABASE_URL: url })).toContain('DATABASE_URL: has a password that is not encoded');
    expect(problemsOf({ DATABASE_REPLICA_URLS: `postgres://a/crm,${url}` })).toContain('%40 %2F %3F %23');
    const encoded = `postgres://crm:${encodeURIComponent(password)}@db.example.com/crm`;
    expect(loadConfig({ DATABASE_URL: encoded }).DATABASE_URL).toBe(encoded);
  },
);

it.each(['postgres:///crm?host=/run/postgresql', 'postgres://crm@/crm?host=/tmp', 'postgres://crm:p@ss@db/crm'])(
  'takes the address %s, which the driver understands',
  (url) => {
    expect(loadConfig({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
  },
);
