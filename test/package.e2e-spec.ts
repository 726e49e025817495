import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Json } from './support/client.js';

it('is packed with its build, and without what only development needs', async () => {
  // Without the build that packing begins with: other tests use what lies there.
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
  // A list in npm 11 and before, then an object by name.
  const [{ files }] = Object.values<Json>(JSON.parse(stdout));
  const paths: string[] = files.map(({ path }: Json) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/src/main.js', 'dist/ormconfig.js']),
  );
  expect(paths.filter((path) => /^(src|test|bench|drills|node_modules|\.data)\/|spec\.|^\.env$/.test(path))).toEqual(
    [],
  );
});
