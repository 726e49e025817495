/** The states of a deal; any may be set through PATCH. */
export const OPPORTUNITY_STATUSES = ['Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed'] as const;

export type OpportunityStatus = (typeof OPPORTUNITY_STATUSES)[number];

const RUNNING: readonly OpportunityStatus[] = ['Open', 'Replied', 'Quotation'];
const ENDED: readonly OpportunityStatus[] = ['Converted', 'Lost', 'Closed'];

export function isEnded(status: OpportunityStatus): boolean {
  return ENDED.includes(status);
}

/** The guarded ways from one status to another: an ended deal has to be reopened before it can end in another way. */
export const STATUS_ACTIONS = {
  lose: { from: RUNNING, to: 'Lost' },
  convert: { from: RUNNING, to: 'Converted' },
  close: { from: RUNNING, to: 'Closed' },
  reopen: { from: ENDED, to: 'Open' },
} as const satisfies Record<string, { from: readonly OpportunityStatus[]; to: OpportunityStatus }>;

export type StatusAction = keyof typeof STATUS_ACTIONS;

/** Why the action is not possible, as a sentence; undefined if it is. */
export function actionProblem(action: StatusAction, current: OpportunityStatus): string | undefined {
  const { from, to } = STATUS_ACTIONS[action];
  if (from.includes(current)) return undefined;
  return `An opportunity that is ${current} cannot become ${to}: '${action}' needs one of the statuses ${from.join(', ')}.`;
}
