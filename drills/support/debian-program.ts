import { execSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const PLACES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];

/** The path of a program of Debian, installed with its package if it is missing. Throws what to do where that cannot be done. */
export function debianProgram(name: string, debianPackage = name): string {
  return find(name) ?? install(name, debianPackage);
}

function find(name: string): string | undefined {
  return PLACES.filter((place) => place !== '')
    .map((place) => join(place, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(name: string, debianPackage: string): string {
  try {
    asRoot('apt-get update -qq');
    asRoot(`env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${debianPackage}`);
  } catch {
    throw new Error(`This needs ${name}. Install it first, as in: apt-get install ${debianPackage}`);
  }
  const found = find(name);
  if (found === undefined) throw new Error(`The package ${debianPackage} is installed, but has no program ${name}.`);
  return found;
}

function asRoot(command: string): void {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo -n ';
  execSync(sudo + command, { stdio: ['ignore', 'ignore', 'inherit'] });
}
