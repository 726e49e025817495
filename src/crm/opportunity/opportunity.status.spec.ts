import { actionProblem, OPPORTUNITY_STATUSES, STATUS_ACTIONS, type StatusAction } from './opportunity.status.js';

const actions = Object.keys(STATUS_ACTIONS) as StatusAction[];

describe('actionProblem', () => {
  it('lets a running deal be lost, converted and closed, and an ended one be reopened, and nothing else', () => {
    const allowed = Object.fromEntries(
      OPPORTUNITY_STATUSES.map((status) => [
        status,
        actions.filter((action) => actionProblem(action, status) === undefined),
      ]),
    );
    expect(allowed).toEqual({
      Open: ['lose', 'convert', 'close'],
      Replied: ['lose', 'convert', 'close'],
      Quotation: ['lose', 'convert', 'close'],
      Converted: ['reopen'],
      Lost: ['reopen'],
      Closed: ['reopen'],
    });
  });

  it('names the status there is, the one that was wanted, and those it would take', () => {
    const problem = actionProblem('lose', 'Converted');
    for (const word of ['Converted', 'Lost', "'lose'", 'Open, Replied, Quotation']) expect(problem).toContain(word);
  });
});
