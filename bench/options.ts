import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]
  --rows 100000            opportunities to load
  --rounds 5               rounds of each scenario; the service and the floor take turns in each
  --seconds 3              length of one turn
  --connections 1,16,64    connections, one after the other
  --scenarios a,b          only these scenarios
  --growth                 instead: the service at 1 000, 100 000 and 1 000 000 opportunities, at 16 connections
  --events                 instead: what an endpoint costs writes, and how fast events get to it
  --peers                  instead: the same requests to a service as tutorials of Nest and TypeORM make it
  --sizes 1000,100000      other sizes for --growth
  --check                  hold the result against the goals; exit 1 where one is missed
  --out .bench/result.json where the result goes
  --report <file>          only print an earlier result, as Markdown`;

export interface Options {
  rows: number;
  rounds: number;
  seconds: number;
  connections: number[];
  /** All of them when undefined. */
  scenarios: string[] | undefined;
  growth: boolean;
  events: boolean;
  peers: boolean;
  sizes: number[];
  check: boolean;
  out: string;
  report: string | undefined;
}

/** Throws an Error that says what is wrong. */
export function readOptions(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      rows: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string' },
      scenarios: { type: 'string' },
      growth: { type: 'boolean', default: false },
      events: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      sizes: { type: 'string', default: '1000,100000,1000000' },
      check: { type: 'boolean', default: false },
      out: { type: 'string' },
      report: { type: 'string' },
    },
  });
  return {
    rows: wholeNumber('rows', values.rows, 1000),
    rounds: wholeNumber('rounds', values.rounds, 1),
    seconds: wholeNumber('seconds', values.seconds, 1),
    connections: (values.connections ?? (values.growth || values.events || values.peers ? '16' : '1,16,64'))
      .split(',')
      .map((text) => wholeNumber('connections', text, 1)),
    scenarios: values.scenarios?.split(','),
    growth: values.growth,
    events: values.events,
    peers: values.peers,
    sizes: values.sizes.split(',').map((text) => wholeNumber('sizes', text, 1000)),
    check: values.check,
    out: values.out ?? outOf(values),
    report: values.report,
  };
}

function outOf({ growth, events, peers }: { growth: boolean; events: boolean; peers: boolean }): string {
  const name = growth ? 'growth' : events ? 'events' : peers ? 'peers' : 'result';
  return `.bench/${name}.json`;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`--${name} takes whole numbers of at least ${least}, not '${text}'.`);
}
