/** Is the service an installed package, and no checkout? */
const IS_INSTALLED = import.meta.url.includes('/node_modules/');

/** How a command is called, as in `npm run modules -- list`: by its npm script in a checkout, else by the installed program. */
export function commandLine(command: string, words: string): string {
  if (IS_INSTALLED) return `npx crm-opportunity-service ${command} ${words}`;
  return command === 'migration' ? `npm run migration:${words}` : `npm run --silent ${command} -- ${words}`;
}
