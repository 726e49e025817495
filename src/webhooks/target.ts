import { Inject, Injectable } from '@nestjs/common';
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { outcomeWithin } from '../common/background.js';
import { CONFIG, type Config } from '../config/config.js';
import { addressLookup } from './address-lookup.js';
import { isAllowed, isLoopbackText, type AddressRules } from './addresses.js';

const RESOLVE_MS = 1000;
const LOOPBACK_HOSTS = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** What is wrong with the form of an address to send to, as the rest of a sentence. */
export function urlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'must be an http or https address.';
  if (url.username !== '' || url.password !== '') return 'must not have user info.';
  return text.includes('#') ? 'must not have a fragment.' : undefined;
}

export function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** The host of a URL as resolvers know it. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Knows where deliveries may go. */
@Injectable()
export class Targets {
  private databases: Promise<AddressRules['own']> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly dataSource: DataSource,
  ) {}

  /** What is wrong with an address to send to, as the rest of a sentence. A name that nobody knows yet is accepted. */
  async problemOf(text: string): Promise<string | undefined> {
    const problem = urlProblem(text);
    if (problem !== undefined) return problem;
    const url = new URL(text);
    const addresses = isIP(hostOf(url)) > 0 ? [hostOf(url)] : await addressesOf(hostOf(url));
    if (await this.allowsAll(addresses, portOf(url))) return undefined;
    return 'leads to an address that is blocked. The operator of the service can open networks with WEBHOOK_ALLOWED_NETWORKS.';
  }

  async allowsAll(addresses: readonly string[], port: number): Promise<boolean> {
    const rules = await this.rules();
    return addresses.every((address) => isAllowed(address, port, rules));
  }

  private async rules(): Promise<AddressRules> {
    const { HOST, PORT, METRICS_PORT, WEBHOOK_ALLOWED_NETWORKS: allowed = [] } = this.config;
    const here = ownAddresses();
    const ports = [PORT, ...(METRICS_PORT === undefined ? [] : [METRICS_PORT])];
    const own = [...ports.map((port) => ({ port, addresses: here })), ...(await this.ofDatabases())];
    return { allowed, isLocal: LOOPBACK_HOSTS.test(HOST), own };
  }

  /** Looked up again until every name is found: without its addresses, nothing would be blocked. */
  private async ofDatabases(): Promise<AddressRules['own']> {
    const { url = '' } = this.dataSource.options as { url?: string };
    const urls = [url, ...(this.config.DATABASE_REPLICA_URLS ?? [])];
    this.databases ??= Promise.all(urls.map(databaseAddresses)).then((found) => found.flat());
    const found = await this.databases;
    if (found.some(({ addresses }) => addresses.length === 0)) this.databases = undefined;
    return found;
  }
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return ['127.0.0.1', '::1', '0.0.0.0', '::', ...all.map(({ address }) => address.replace(/%.*$/, ''))];
}

/** Where PostgreSQL listens; on this machine, it may do so on all of its addresses. */
async function databaseAddresses(text: string): Promise<AddressRules['own']> {
  const place = placeOf(text);
  if (place === undefined) return [{ port: 0, addresses: [] }];
  const { host, port } = place;
  const here = ownAddresses();
  // A server with a socket in a directory is on this machine.
  if (host.startsWith('/')) return [{ port, addresses: here }];
  const found = await addressesOf(host);
  const isHere = found.some((address) => here.includes(address) || isLoopbackText(address));
  return [{ port, addresses: isHere ? here : found }];
}

/** As the driver reads it, which also takes parameters and variables such as PGHOST. */
function placeOf(connectionString: string): { host: string; port: number } | undefined {
  try {
    return new pg.Client({ connectionString });
  } catch {
    // The driver also reads the files of certificates, which may be missing for now.
    return undefined;
  }
}

/** What is found in time; nothing otherwise. */
async function addressesOf(host: string): Promise<string[]> {
  const found = await outcomeWithin(RESOLVE_MS, () => addressLookup.addressesOf(host)).catch(() => []);
  return found.map(({ address }) => address);
}
