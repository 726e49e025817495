import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As many deals as are locked together, for a part of a second. */
const BATCH = 250;

/**
 * Fills in one batch of deals after another, by what the log says of each: the states that it was in, and since when it is in
 * its stage and in its status. Where the log does not reach, a deal has been in its stage since it was created; one that has
 * ended did so at its last change, and is marked as estimated. A change without a clock of its own comes a millisecond later.
 */
const FILL_IN = `
  create function fill_in_states(inout last_workspace text, inout last_id text) language plpgsql as $$
  declare
    deal record;
    change record;
    state jsonb;
    entered timestamptz(3);
    reached timestamptz(3);
    at timestamptz(3);
    estimated boolean;
    moved boolean;
    found_any boolean := false;
  begin
    for deal in
      select workspace_id, id, created_at, updated_at, status, sales_stage, currency, opportunity_amount, conversion_rate,
        probability, expected_closing
      from opportunity where (workspace_id, id) > (last_workspace, last_id)
      order by workspace_id, id limit ${BATCH} for update
    loop
      found_any := true;
      last_workspace := deal.workspace_id;
      last_id := deal.id;
      state := to_jsonb(deal);
      moved := false;
      for change in
        select before from event where workspace_id = deal.workspace_id and subject_id = deal.id and object_id = deal.id
          and type = 'opportunity.updated' and before is not null order by created_at desc, id desc
      loop
        state := state || change.before::jsonb;
      end loop;
      entered := deal.created_at;
      reached := null;
      at := deal.created_at;
      for change in
        select created_at, before::jsonb as before, after::jsonb as after from event
        where workspace_id = deal.workspace_id and subject_id = deal.id and object_id = deal.id
          and type = 'opportunity.updated' and before::jsonb ?| array['status', 'sales_stage', 'currency',
            'opportunity_amount', 'conversion_rate', 'probability', 'expected_closing']
        order by created_at, id
      loop
        at := greatest(change.created_at::timestamptz(3), at + interval '1 millisecond');
        insert into opportunity_state (workspace_id, opportunity_id, left_at, status, sales_stage, stage_entered_at,
            currency, opportunity_amount, base_opportunity_amount, probability, expected_closing)
          values (deal.workspace_id, deal.id, at, state->>'status', state->>'sales_stage', entered, state->>'currency',
            (state->>'opportunity_amount')::numeric,
            round((state->>'opportunity_amount')::numeric * (state->>'conversion_rate')::numeric, 9),
            (state->>'probability')::numeric, (state->>'expected_closing')::date)
          on conflict do nothing;
        moved := moved or change.before ? 'probability';
        if change.before ? 'status' then
          reached := at;
        end if;
        if change.before ? 'sales_stage' or (change.before->>'status' in ('Converted', 'Lost', 'Closed')
            and change.after->>'status' in ('Open', 'Replied', 'Quotation')) then
          entered := at;
        end if;
        state := state || change.after;
      end loop;
      estimated := false;
      if reached is null and deal.status in ('Converted', 'Lost', 'Closed') then
        estimated := not exists (select from event where workspace_id = deal.workspace_id and subject_id = deal.id
          and object_id = deal.id and type = 'opportunity.created' and after is not null);
        reached := case when estimated then deal.updated_at else deal.created_at end;
        if estimated and deal.updated_at > at then
          insert into opportunity_state (workspace_id, opportunity_id, left_at, status, sales_stage, stage_entered_at,
              currency, opportunity_amount, base_opportunity_amount, probability, expected_closing)
            values (deal.workspace_id, deal.id, deal.updated_at, 'Open', deal.sales_stage, entered, deal.currency,
              deal.opportunity_amount, round(deal.opportunity_amount * deal.conversion_rate, 9), deal.probability,
              deal.expected_closing)
            on conflict do nothing;
        end if;
      end if;
      update opportunity set stage_entered_at = entered,
          probability_source = case when deal.probability = 100 and not moved then 'stage' else 'manual' end,
          won_at = case deal.status when 'Converted' then reached end,
          lost_at = case deal.status when 'Lost' then reached end,
          closed_at = case deal.status when 'Closed' then reached end,
          ended_is_estimated = estimated
        where workspace_id = deal.workspace_id and id = deal.id;
    end loop;
    if not found_any then
      last_id := null;
    end if;
  end $$;`;

/** What the deals that there are have been through. In many short transactions, so that nobody waits for long. */
export class PipelineHistory1795800000002 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop function if exists fill_in_states');
    await runner.query(FILL_IN);
    for (let [workspace, id]: (string | null)[] = ['', '']; id !== null;) {
      const [row] = (await runner.query('select * from fill_in_states($1, $2)', [workspace, id])) as LastFilled[];
      [workspace, id] = [row?.last_workspace ?? '', row?.last_id ?? null];
    }
    await runner.query('drop function fill_in_states');
  }

  /** The columns and the table go with the migration that made them. */
  async down(): Promise<void> {
    // Nothing to take back.
  }
}

interface LastFilled {
  last_workspace: string;
  last_id: string | null;
}
