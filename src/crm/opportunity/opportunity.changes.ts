import type { ChangeRules } from '../../common/index.js';

/*
 * What a change of a deal brings with it, whichever way it is written: since when it is in its stage, when it ended, and the
 * state that it was in until now, from which its stage history and the reports are made.
 */

const STAGE = ['pipeline_id', 'stage_id', 'sales_stage'];

/** What the former states of a deal keep. */
const KEPT = [
  'status',
  ...STAGE,
  'currency',
  'opportunity_amount',
  'base_opportunity_amount',
  'probability',
  'expected_closing',
];

const COLUMNS = [...KEPT, 'stage_entered_at'].join(', ');
const of = (row: string, names: readonly string[]): string => names.map((name) => `${row}.${name}`).join(', ');

export const OPEN_STATUSES = `('Open', 'Replied', 'Quotation')`;

/** When a status was reached, as long as it lasts. */
const ENDED_AT = { won_at: 'Converted', lost_at: 'Lost', closed_at: 'Closed' } as const;

export const OPPORTUNITY_CHANGES: ChangeRules = {
  watched: [...KEPT, 'conversion_rate', 'probability_source'],
  reads: [...KEPT, 'stage_entered_at', 'probability_source', 'updated_at'],
  derived: (names, next) => ({
    ...(names.some((name) => name === 'status' || STAGE.includes(name)) && { stage_entered_at: enteredAt(next) }),
    ...(names.includes('status') && endedAt(next)),
    ...(names.includes('probability') && !names.includes('probability_source') && { probability_source: source(next) }),
  }),
  also: `insert into opportunity_state (workspace_id, opportunity_id, left_at, ${COLUMNS})
    select $1, former.id, written.updated_at, ${of('former', [...KEPT, 'stage_entered_at'])}
    from former join written on written.id = former.id
    where (${of('former', KEPT)}) is distinct from (${of('written', KEPT)})`,
};

function enteredAt(next: (name: string) => string): string {
  return `case when (${of('former', STAGE)}) is distinct from (${STAGE.map(next).join(', ')})
      or former.status not in ${OPEN_STATUSES} and ${next('status')} in ${OPEN_STATUSES}
    then at.now else former.stage_entered_at end`;
}

function endedAt(next: (name: string) => string): Record<string, string> {
  const reached = ([column, status]: [string, string]): [string, string] => [
    column,
    `case when ${next('status')} = '${status}' then
      case when former.status = '${status}' then former.${column} else at.now end end`,
  ];
  const isEstimated = `former.ended_is_estimated and former.status = ${next('status')}`;
  return { ...Object.fromEntries(Object.entries(ENDED_AT).map(reached)), ended_is_estimated: isEstimated };
}

/** A number that is sent without its source was set by hand, unless it is the one there is. */
function source(next: (name: string) => string): string {
  return `case when former.probability = ${next('probability')} then former.probability_source else 'manual' end`;
}

/** The time at which a new deal of this status ended, which is when it was created. */
export function endedWhenCreated(
  status: string | undefined,
  createdAt = 'now',
): Partial<Record<keyof typeof ENDED_AT, string>> {
  const ended = Object.entries(ENDED_AT).find(([, ending]) => ending === status);
  // PostgreSQL reads the text as the time of the transaction, which `created_at` is as well.
  return ended === undefined ? {} : { [ended[0]]: createdAt };
}
