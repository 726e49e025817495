import type { Config } from '../config/config.js';

const MAKE_KEY = 'npm run --silent keys -- create --workspace default --name first --scopes read,write';

/** What a start prints: where everything is, and a call that works. */
export function welcome(config: Config, key: string | undefined): string {
  const url = `http://${config.HOST === '0.0.0.0' || config.HOST === '::' ? 'localhost' : config.HOST}:${config.PORT}`;
  const lines = [`API         ${url}/api/crm/opportunity`, `Swagger UI  ${url}/docs`];
  if (key !== undefined)
    lines.push(
      `Key         ${key}`,
      '',
      `  curl ${url}/api/crm/opportunity \\`,
      `    -H "Authorization: Bearer ${key}"`,
    );
  else if (config.BOOTSTRAP_API_KEY !== undefined) lines.push('Key         the one in BOOTSTRAP_API_KEY');
  else lines.push('', `Make a key with: ${MAKE_KEY}`);
  return `\n${lines.join('\n')}\n`;
}
