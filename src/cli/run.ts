#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

/* The commands of the installed package: `npx crm-opportunity-service keys list`. In a checkout, npm scripts run the same files. */

const COMMANDS: Readonly<Record<string, string>> = {
  start: '../main.js',
  keys: './keys.js',
  backup: './backup.js',
  data: './data.js',
  feed: './feed.js',
  pipelines: './pipelines.js',
  sample: './sample.js',
  openapi: './openapi.js',
  modules: './modules.js',
  migration: './migration.js',
};

const [command = '', ...rest] = process.argv.slice(2);
const file = COMMANDS[command];
if (file === undefined) {
  console.error(`Usage: crm-opportunity-service <command>, one of: ${Object.keys(COMMANDS).join(', ')}`);
  process.exitCode = 1;
} else {
  const url = new URL(file, import.meta.url);
  process.argv = [process.execPath, fileURLToPath(url), ...rest];
  await import(url.href);
}
