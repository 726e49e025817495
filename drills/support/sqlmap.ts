import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { debianProgram } from './debian-program.js';

/** A request with a `*` where sqlmap is to put its attempts. */
export interface Target {
  name: string;
  url: string;
  method?: string;
  body?: string;
  headers?: Record<string, string>;
}

export interface Judgement {
  target: string;
  injectable: boolean;
  /** Requests that sqlmap sent. */
  requests: number;
}

const NOTHING_FOUND = /parameters? do(?:es)? not (?:appear|seem) to be injectable/;
const FOUND = /identified the following injection point/;

/** What Debian's sqlmap makes of a target. Throws if it came to no conclusion, which must not count as nothing found. */
export async function judge(target: Target, directory: string, level: number, seconds: number): Promise<Judgement> {
  const { name, url, method = 'GET', body, headers = {} } = target;
  const output = await runSqlmap(
    [
      ...['-u', url, '--method', method, '--batch', '--flush-session', '--disable-coloring', '--dbms', 'PostgreSQL'],
      // Refusals are answers like others here; sqlmap would end at the first 401.
      ...['--level', String(level), '--risk', '1', '--threads', '1', '--timeout', '10', '--ignore-code', '*'],
      ...['--output-dir', directory, '-v', '1'],
      ...Object.entries(headers).flatMap(([header, value]) => ['-H', `${header}: ${value}`]),
      ...(body === undefined ? [] : ['--data', body]),
    ],
    seconds,
  );
  const injectable = FOUND.test(output);
  if (!injectable && !NOTHING_FOUND.test(output))
    throw new Error(`sqlmap came to no conclusion about ${name}:\n${output.slice(-1500)}`);
  const counts = [...output.matchAll(/(?:total of |\()(\d+)(?: HTTP\(s\) requests| times)/g)];
  return { target: name, injectable, requests: counts.reduce((sum, [, n]) => sum + Number(n), 0) };
}

async function runSqlmap(args: string[], seconds: number): Promise<string> {
  const options = { timeout: seconds * 1000, maxBuffer: 1e8 };
  const { stdout } = await promisify(execFile)(debianProgram('sqlmap'), args, options);
  return stdout;
}
