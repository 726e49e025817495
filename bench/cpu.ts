import { readdirSync, readFileSync } from 'node:fs';

/** What /proc counts CPU time in: 100 ticks a second on every Linux that Node.js runs on. */
const TICK_US = 10_000;

/** Fields of /proc/<pid>/stat, counted from the one after the program's name. */
const PARENT = 1;
/** User and system time, of the process and of its children that have ended. */
const TIMES = [11, 12, 13, 14];

/**
 * CPU time in µs that a process has used with all its threads and children, ended ones included; null where there is no
 * /proc to tell.
 */
export function cpuTime(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  return processTree(pid).reduce((sum, member) => sum + ticks(member), 0) * TICK_US;
}

/** Resident memory in MiB of a process with its children; null where there is no /proc to tell. */
export function residentMemory(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const kib = processTree(pid).reduce((sum, member) => sum + residentKib(member), 0);
  return Math.round(kib / 1024);
}

/** The process that started the given one. */
export function parentOf(pid: number): number {
  return Number(stat(pid)[PARENT]);
}

function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(stat(Number(name))[PARENT]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

function ticks(pid: number): number {
  const values = stat(pid);
  return TIMES.reduce((sum, field) => sum + Number(values[field] ?? 0), 0);
}

/** Empty for a process that has ended since. */
function stat(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function residentKib(pid: number): number {
  try {
    const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kib);
  } catch {
    return 0;
  }
}
