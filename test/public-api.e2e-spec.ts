import { readFile } from 'node:fs/promises';
import { publicApi } from '../scripts/api-report/public-api.js';

it('what modules can import is what the report says: write it anew with npm run api-report, and add a line to the changelog', async () => {
  expect((await readFile('docs/public-api.txt', 'utf8')).split('\n')).toEqual(publicApi().split('\n'));
});
