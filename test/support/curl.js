// What the documents use of curl, for machines that have none.
import { createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
    globoff: { type: 'boolean', short: 'g' },
    include: { type: 'boolean', short: 'i' },
    header: { type: 'string', short: 'H', multiple: true },
    request: { type: 'string', short: 'X' },
    data: { type: 'string', short: 'd' },
    'data-binary': { type: 'string' },
    'data-urlencode': { type: 'string', multiple: true },
    get: { type: 'boolean', short: 'G' },
    output: { type: 'string', short: 'o' },
  },
});

const headers = Object.fromEntries((values.header ?? []).map((header) => header.split(/: */, 2)));
const url = new URL(positionals[0]);
for (const parameter of values['data-urlencode'] ?? []) url.searchParams.append(...parameter.split(/=(.*)/s, 2));
const body = values['data-binary'] === '@-' ? await buffer(process.stdin) : values.data;
const method = values.request ?? (body === undefined ? 'GET' : 'POST');
request(url, { method, headers }, (response) => {
  if (values.include) {
    const { httpVersion, statusCode, statusMessage, rawHeaders } = response;
    process.stdout.write(`HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`);
    for (let index = 0; index < rawHeaders.length; index += 2)
      process.stdout.write(`${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`);
    process.stdout.write('\r\n');
  }
  response.pipe(values.output === undefined ? process.stdout : createWriteStream(values.output));
}).end(body);
