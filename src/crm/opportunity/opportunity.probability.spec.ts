import { outcomeOf, probabilityAfter, type Probability, type ProbabilityChange } from './opportunity.probability.js';

const A = { id: 'a', type: 'open', probability: 10 } as const;
const B = { id: 'b', type: 'open', probability: 50 } as const;
const LOST = { id: 'lost', type: 'lost', probability: 0 } as const;
const WON = { id: 'won', type: 'won', probability: 100 } as const;

type Before = NonNullable<ProbabilityChange['before']>;

const deal = (change: Partial<Before> = {}): Before => ({
  probability: 10,
  probability_source: 'stage',
  open_probability: null,
  stage_id: 'a',
  outcome: 'open',
  ...change,
});

/** What becomes of a deal, as `number source` and what is set aside. */
function after(change: Partial<ProbabilityChange>): string {
  const stage = 'stage' in change ? change.stage : A;
  return said(probabilityAfter({ sent: {}, outcome: stage?.type ?? 'open', ...change, stage }));
}

function said({ probability, probability_source, open_probability }: Probability): string {
  const aside = open_probability === null ? '' : ` aside ${Number(open_probability)}`;
  return `${Number(probability)} ${probability_source}${aside}`;
}

describe('the probability of a new deal', () => {
  it.each<[string, ProbabilityChange['sent'], string]>([
    ['is that of its stage', {}, '10 stage'],
    ['is the one that is sent', { probability: 100 }, '100 manual'],
    ['is pinned at that of its stage', { probability_source: 'manual' }, '10 manual'],
    ['follows the stage later', { probability: 33, probability_source: 'stage' }, '33 stage'],
  ])('%s', (_name, sent, expected) => {
    expect(after({ sent })).toBe(expected);
  });

  it('is 100 in no stage, and is set aside in one that is won or lost already', () => {
    expect(after({ stage: undefined })).toBe('100 stage');
    expect(after({ outcome: 'won' })).toBe('100 stage aside 10');
    expect(after({ outcome: 'lost', sent: { probability: 33 } })).toBe('0 manual aside 33');
  });
});

describe('the probability of a deal that stays open', () => {
  it.each<[string, Partial<Before>, ProbabilityChange['sent'], string]>([
    ['follows its stage', {}, {}, '50 stage'],
    ['stays if it was set by hand', { probability: 33, probability_source: 'manual' }, {}, '33 manual'],
    ['is the one that is sent', {}, { probability: 70 }, '70 manual'],
    ['is the one that is sent, even if the deal had it', {}, { probability: 10 }, '10 manual'],
    ['is pinned at what it was', {}, { probability_source: 'manual' }, '10 manual'],
    [
      'is that of the new stage again',
      { probability: 33, probability_source: 'manual' },
      { probability_source: 'stage' },
      '50 stage',
    ],
  ])('%s when it enters another stage', (_name, before, sent, expected) => {
    expect(after({ before: deal(before), sent, stage: B })).toBe(expected);
  });

  it('does not notice what it shows being sent back', () => {
    expect(after({ before: deal(), sent: { probability: 10 } })).toBe('10 stage');
    expect(after({ before: deal(), sent: { probability: 10, probability_source: 'stage' } })).toBe('10 stage');
    expect(after({ before: deal(), sent: { probability: 10, probability_source: 'manual' } })).toBe('10 manual');
    expect(after({ before: deal({ probability: 15 }), sent: { probability_source: 'stage' } })).toBe('15 stage');
  });

  it('does not follow into an unknown stage', () => {
    expect(after({ before: deal(), stage: undefined })).toBe('10 stage');
    expect(after({ before: deal(), stage: undefined, sent: { probability_source: 'stage' } })).toBe('10 stage');
  });
});

describe('the probability of a deal that ends', () => {
  it('is 100 when it is won and 0 when it is lost, whatever is sent', () => {
    expect(after({ before: deal(), outcome: 'won' })).toBe('100 stage aside 10');
    expect(after({ before: deal(), stage: LOST })).toBe('0 stage aside 10');
    expect(after({ before: deal(), stage: WON, sent: { probability: 70 } })).toBe('100 manual aside 70');
  });

  it('comes back when it is open again, and follows the stage that it enters then', () => {
    const lost = deal({ probability: 0, open_probability: 10, outcome: 'lost' });
    expect(after({ before: lost })).toBe('10 stage');
    expect(after({ before: { ...lost, stage_id: 'lost' }, stage: B })).toBe('50 stage');
    expect(after({ before: { ...lost, stage_id: 'lost', probability_source: 'manual' }, stage: B })).toBe('10 manual');
    expect(after({ before: lost, sent: { probability: 0 } })).toBe('10 stage');
  });

  it('is one that is sent meanwhile, and then nothing comes back', () => {
    const lost = deal({ probability: 0, open_probability: 10, outcome: 'lost' });
    expect(after({ before: lost, outcome: 'lost', sent: { probability: 20 } })).toBe('20 manual');
    expect(after({ before: { ...lost, probability: 20, probability_source: 'manual', open_probability: null } })).toBe(
      '20 manual',
    );
  });

  it('keeps what is set aside when it goes from lost to won, and while it stays ended', () => {
    const lost = deal({ probability: 0, open_probability: 10, outcome: 'lost' });
    expect(after({ before: lost, outcome: 'won' })).toBe('100 stage aside 10');
    expect(after({ before: lost, outcome: 'lost' })).toBe('0 stage aside 10');
    expect(after({ before: lost, outcome: 'lost', stage: B })).toBe('0 stage aside 50');
    expect(after({ before: lost, outcome: 'lost', sent: { probability_source: 'manual' } })).toBe('0 manual aside 10');
  });
});

it('the outcome follows from the status, else from the type of the stage', () => {
  expect([outcomeOf('Converted', 'open'), outcomeOf('Lost', 'won'), outcomeOf('Closed', 'won')]).toEqual([
    'won',
    'lost',
    'won',
  ]);
  expect([outcomeOf('Open'), outcomeOf('Quotation', 'lost')]).toEqual(['open', 'lost']);
});
