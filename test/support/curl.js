// What the documents use of curl, for machines that have none.
import { parseArgs } from 'node:util';
import { request } from 'node:http';

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
  },
});

const headers = Object.fromEntries((values.header ?? []).map((header) => header.split(/: */, 2)));
const method = values.request ?? (values.data === undefined ? 'GET' : 'POST');
request(positionals[0], { method, headers }, (response) => {
  if (values.include) {
    const { httpVersion, statusCode, statusMessage, rawHeaders } = response;
    process.stdout.write(`HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`);
    for (let index = 0; index < rawHeaders.length; index += 2)
      process.stdout.write(`${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`);
    process.stdout.write('\r\n');
  }
  response.pipe(process.stdout);
}).end(values.data);
