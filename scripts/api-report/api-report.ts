import { writeFile } from 'node:fs/promises';
import { publicApi } from './public-api.js';

await writeFile('docs/public-api.txt', publicApi());
