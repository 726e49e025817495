import { useEffect } from 'preact/hooks';
import { columnsOf, type Column } from '../board/columns.js';
import { LostDialog } from '../board/lost-dialog.js';
import { askWhy, nameOf, send } from '../board/moving.js';
import { boardAddress } from '../route.js';
import { canWrite } from '../session.js';
import type { Deal } from '../types.js';
import { Icon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { View } from '../ui/view.js';
import { attributeName, date, money, percent, plain, statusName, time } from '../words.js';
import { GROUPS, type Attribute } from './attributes.js';
import { attempt, change, deal, openDeal, pipeline, pipelines, problem } from './deal.js';
import { Editable } from './editable.js';
import { History } from './history.js';
import { Items } from './items.js';
import { Metadata } from './metadata.js';
import { Pair } from './pair.js';
import { Reasons } from './reasons.js';
import { Stages } from './stages.js';

export function DealView({ id }: { id: string }) {
  useEffect(() => openDeal(id), [id]);
  const found = deal.value;
  return (
    <View title={problem.value || (found === undefined ? 'Deal' : nameOf(found))}>
      <a class="back" href={boardAddress(found?.pipeline_id)}>
        <Icon name="back" /> Board
      </a>
      {problem.value !== '' && <h1>{problem}</h1>}
      {found === undefined && problem.value === '' && <p class="loading">Loading…</p>}
      {found !== undefined && problem.value === '' && (
        <>
          <Head deal={found} />
          <div class="deal">
            <div class="deal-main">
              <Items deal={found} />
              <Reasons deal={found} />
              <div class="groups">
                {GROUPS.map(({ title, attributes }) => (
                  <Group key={title} title={title} attributes={attributes} deal={found} />
                ))}
                <OwnTexts deal={found} />
              </div>
            </div>
            <div class="deal-side">
              <Stages deal={found} />
              <History />
            </div>
          </div>
        </>
      )}
      <LostDialog />
    </View>
  );
}

function Head({ deal: found }: { deal: Deal }) {
  const columns = columnsOf(pipeline.value).filter(({ takesDeals }) => takesDeals);
  const current = pipeline.value === undefined ? found.status : found.stage_id;
  const column = columns.find(({ id }) => id === current);
  const stage = column?.label ?? found.sales_stage;
  const look = { Converted: 'won', Lost: 'lost', Closed: 'closed' }[found.status as string] ?? 'open';
  return (
    <header class="deal-head">
      <div class="deal-names">
        <h1>
          <Editable
            label="Title"
            value={found.title}
            text={nameOf(found)}
            input="text"
            onChange={(value) => change('title', value)}
          />
        </h1>
        <p class="deal-party">{found.party_name}</p>
      </div>
      <dl class="figures">
        <div>
          <dt>Amount</dt>
          <dd>{money(found.opportunity_amount, found.currency)}</dd>
        </div>
        <div>
          <dt>Closing</dt>
          <dd>{date(found.expected_closing)}</dd>
        </div>
        <div>
          <dt>Probability</dt>
          <dd>{percent(found.probability / 100)}</dd>
        </div>
      </dl>
      <div class="deal-actions">
        {statusName(found.status) !== stage && <span class={`badge is-${look}`}>{statusName(found.status)}</span>}
        {canWrite.value ? (
          <Menu
            label={`${stage}: move to…`}
            class="primary"
            items={() =>
              columns.map((to) => ({
                label: to.label,
                isCurrent: to.id === current,
                onPick: () => void moveTo(found, to),
              }))
            }
          >
            <span>{stage}</span> <Icon name="unfold" />
          </Menu>
        ) : (
          <span class="value">{stage}</span>
        )}
      </div>
    </header>
  );
}

async function moveTo(found: Deal, to: Column): Promise<void> {
  const loss = to.outcome === 'lost' ? await askWhy(found) : undefined;
  if (to.outcome !== 'lost' || loss !== undefined) await attempt((version) => send(found, to, version, loss));
}

function Group({ title, attributes, deal: found }: { title: string; attributes: readonly Attribute[]; deal: Deal }) {
  return (
    <section class="panel group" aria-label={title}>
      <h2>{title}</h2>
      <dl>
        {attributes
          .filter((each) => isWanted(each, found))
          .map(({ name, input, isRequired = false }) => (
            <Pair
              key={name}
              label={attributeName(name)}
              value={found[name] as string | number | null}
              text={textOf(name, found)}
              input={input}
              isRequired={isRequired}
              options={optionsOf(name)}
              onChange={(value) => change(name, value)}
            />
          ))}
      </dl>
    </section>
  );
}

function OwnTexts({ deal: { metadata = {} } }: { deal: Deal }) {
  if (!canWrite.value && Object.keys(metadata).length === 0) return null;
  return (
    <section class="panel group" aria-label="Metadata">
      <h2>Metadata</h2>
      <Metadata metadata={metadata} onChange={(value) => change('metadata', value)} />
    </section>
  );
}

/** What nobody can change is shown where it says something. */
function isWanted({ name, input }: Attribute, found: Deal): boolean {
  return input !== 'shown' || (found[name] ?? null) !== null;
}

const PROBABILITY_SOURCES = { stage: 'The stage', manual: 'Set by hand' };

function optionsOf(name: keyof Deal): Record<string, string> | undefined {
  if (name === 'probability_source') return PROBABILITY_SOURCES;
  if (name !== 'pipeline_id') return undefined;
  return Object.fromEntries(pipelines.value.map(({ id, name: called }) => [id, called]));
}

function textOf(name: keyof Deal, found: Deal): string {
  const value = found[name];
  if (value === null || value === undefined || value === '') return '–';
  const chosen = optionsOf(name)?.[value as string];
  if (chosen !== undefined) return chosen;
  if (name === 'forecast_category') return attributeName(found.forecast_category ?? '');
  if (name === 'probability') return percent(found.probability / 100);
  if (name === 'opportunity_amount' || name === 'total') return money(value as number, found.currency);
  if (typeof value === 'number') return name === 'conversion_rate' ? plain(value) : money(value);
  if (name.endsWith('_at') || name === 'snoozed_until') return time(value as string);
  if (name === 'expected_closing' || name === 'transaction_date') return date(value as string);
  return value as string;
}
