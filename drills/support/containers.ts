import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianProgram } from './debian-program.js';

const run = promisify(execFile);

/** As Dockerfile's HEALTHCHECK is Docker's own, which the other format of images does not know. */
const FORMAT = ['--format', 'docker'];

/** Builds with buildah and runs with podman, with images and containers in a folder of its own. Takes root. */
export class Containers {
  private constructor(readonly directory: string) {}

  static async in(directory: string): Promise<Containers> {
    if (process.getuid?.() !== 0) throw new Error('Building and running the image takes root.');
    await mkdir(directory, { recursive: true });
    return new Containers(directory);
  }

  /** The folder's Dockerfile, as it is, with the machine's network and no image from elsewhere. */
  async build(folder: string, name: string): Promise<void> {
    // Builds need no isolation here, and machines that are containers themselves allow none.
    const how = ['--isolation', 'chroot', '--network', 'host', '--pull-never'];
    await run(debianProgram('buildah'), [...this.storage(), 'build', ...FORMAT, ...how, '-t', name, folder], LARGE);
  }

  async podman(...args: string[]): Promise<string> {
    // Not every machine has cgroups in the form that crun, the usual one, wants.
    const runtime = ['--runtime', debianProgram('runc'), '--tmpdir', join(this.directory, 'tmp')];
    const { stdout } = await run(debianProgram('podman'), [...this.storage(), ...runtime, ...args], LARGE);
    return stdout.trim();
  }

  /** Ends what runs, and takes all images along. */
  async remove(): Promise<void> {
    await this.podman('rm', '--all', '--force', '--time', '0').catch(() => undefined);
    await run('umount', [join(this.directory, 'store', 'overlay')]).catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }

  private storage(): string[] {
    const [root, runroot] = [join(this.directory, 'store'), join(this.directory, 'run')];
    return ['--root', root, '--runroot', runroot, '--storage-driver', 'overlay'];
  }
}

const LARGE = { maxBuffer: 1e8 };
