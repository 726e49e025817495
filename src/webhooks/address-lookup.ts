import { lookup, type LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import pLimit from 'p-limit';

/** Node.js looks names up in four threads, in which it also compresses responses and reads files. */
const MOST_AT_A_TIME = 2;

type Resolve = (host: string) => Promise<LookupAddress[]>;

const resolveAll = promisify(lookup);

/** Looks up the addresses of names that clients chose. Names that nobody answers for hold up only each other. */
export class AddressLookup {
  private readonly limit = pLimit(MOST_AT_A_TIME);
  private readonly underWay = new Map<string, Promise<LookupAddress[]>>();

  constructor(private readonly resolve: Resolve = (host) => resolveAll(host, { all: true })) {}

  /** Every address of a name. Who asks for a name that is being looked up waits for the same answer. */
  addressesOf(host: string): Promise<LookupAddress[]> {
    const known = this.underWay.get(host);
    if (known !== undefined) return known;
    const found = this.limit(() => this.resolve(host)).finally(() => this.underWay.delete(host));
    this.underWay.set(host, found);
    return found;
  }
}

/** The threads are those of the process, and so is the limit. */
export const addressLookup = new AddressLookup();
