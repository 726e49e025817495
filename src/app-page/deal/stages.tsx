import type { Deal } from '../types.js';
import { duration, money, time } from '../words.js';
import { pipelines } from './deal.js';

/** How long the deal was in which stage. */
export function Stages({ deal }: { deal: Deal }) {
  const periods = deal.stages ?? [];
  if (periods.length === 0) return null;
  const labels = new Map(pipelines.value.flatMap(({ stages = [] }) => stages.map(({ id, label }) => [id, label])));
  const longest = Math.max(...periods.map(({ seconds }) => seconds), 1);
  return (
    <section class="panel" aria-labelledby="stages">
      <header class="panel-head">
        <h2 id="stages">Stages</h2>
      </header>
      <ol class="periods">
        {periods.map((period) => (
          <li
            key={period.entered_at}
            title={`${time(period.entered_at)}, ${money(period.opportunity_amount, deal.currency)}`}
          >
            <span>{labels.get(period.stage_id ?? '') ?? period.sales_stage}</span>
            <span class="period-time">
              {duration(period.seconds)}
              {period.left_at === null && ' so far'}
            </span>
            <meter min={0} max={longest} value={period.seconds} aria-label={`Time in ${period.sales_stage}`} />
          </li>
        ))}
      </ol>
    </section>
  );
}
