import { commandLine } from '../config/command-line.js';
import type { Config } from '../config/config.js';
import { serviceUrl } from '../config/service-url.js';
import type { FirstKey } from './first-key.js';

const MAKE_KEY = commandLine('keys', 'create --workspace default --name first --scopes read,write');

/**
 * What a start prints: where everything is, and a call that works. The key itself only where a person sees it for the first
 * time: what is not a terminal is kept, and by more than those who may have the key.
 */
export function welcome(config: Config, key: FirstKey | undefined, isTerminal: boolean): string {
  const url = serviceUrl(config);
  const shown = isTerminal ? key?.made : undefined;
  // The pages take the key from the fragment, which a browser sends to nobody.
  const fragment = shown === undefined ? '' : `#key=${shown}`;
  const lines = [
    ...(config.APP_PAGE ? [`Page        ${url}/app${fragment}`] : []),
    `API         ${url}/api/crm/opportunity`,
    `Swagger UI  ${url}/docs${fragment}`,
  ];
  if (key !== undefined) {
    lines.push(
      shown === undefined ? `Key         in the file ${key.path}` : `Key         ${shown}`,
      '',
      `  curl ${url}/api/crm/opportunity \\`,
      `    -H "Authorization: Bearer ${shown ?? `$(cat '${key.path}')`}"`,
    );
  } else if (config.BOOTSTRAP_API_KEY !== undefined) lines.push('Key         the one in BOOTSTRAP_API_KEY');
  else lines.push('', `Make a key with: ${MAKE_KEY}`);
  return `\n${lines.join('\n')}\n`;
}
