import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Containers } from './containers.js';
import { debianProgram } from './debian-program.js';

const run = promisify(execFile);

/** Debian's smallest system, this machine's Node.js with its npm, and the account that the official images have. */
const BASE = `
FROM scratch
ADD debian.tar /
COPY node /usr/local
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
CMD ["node"]
`;

/**
 * Makes the image that a Dockerfile starts from, for machines that reach no registry of images. What this machine needs
 * to reach its packages goes into this image alone. Answers its name.
 */
export async function makeBaseImage(containers: Containers, dockerfile: string): Promise<string> {
  const [, name = '', , codename = ''] = /^ARG NODE_IMAGE=(node:(\d+)-(\w+)-slim)$/m.exec(dockerfile) ?? [];
  if (name === '')
    throw new Error('The Dockerfile does not name its base image as NODE_IMAGE=node:<version>-<codename>-slim.');
  const folder = join(containers.directory, 'base');
  await mkdir(folder, { recursive: true });
  const tar = join(folder, 'debian.tar');
  // The libraries that Node.js is linked with.
  const packages = '--include=ca-certificates,libstdc++6';
  await run(debianProgram('mmdebstrap'), ['--variant=minbase', packages, codename, tar], { maxBuffer: 1e8 });
  await copyNode(join(folder, 'node'));
  await writeFile(join(folder, 'Dockerfile'), BASE);
  await containers.build(folder, `docker.io/library/${name}`);
  return name;
}

async function copyNode(target: string): Promise<void> {
  const modules = join(dirname(process.execPath), '..', 'lib', 'node_modules');
  for (const folder of ['bin', 'etc', 'lib/node_modules']) await mkdir(join(target, folder), { recursive: true });
  await cp(process.execPath, join(target, 'bin', 'node'));
  await cp(join(modules, 'npm'), join(target, 'lib', 'node_modules', 'npm'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(target, 'bin', 'npm'));
  await writeFile(join(target, 'etc', 'npmrc'), await npmSettings(join(target, 'etc')));
}

/** The registry of packages that this machine uses, and whom it trusts beyond the usual authorities. */
async function npmSettings(etc: string): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'registry']);
  const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
  if (authorities === undefined) return `registry=${stdout.trim()}\n`;
  await writeFile(join(etc, 'authorities.pem'), await readFile(authorities));
  return `registry=${stdout.trim()}\ncafile=/usr/local/etc/authorities.pem\n`;
}
