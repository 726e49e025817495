import type { ChangeEvent } from '../types.js';
import { attributeName, date, plain, statusName, time } from '../words.js';

/* Events in words: set Status from Open to Lost. */

const MOST = 4;
/** What follows from another attribute that is told, or is of no use to a person. */
const UNTOLD = new Set(['stage_id', 'probability_source', 'stage_entered_at', 'closed_at', 'won_at', 'lost_at']);

/** Needs the names of stages and pipelines by their ids. */
export function sentencesOf(event: ChangeEvent, names: Record<string, string>): string {
  const [resource = '', kind = ''] = event.type.split('.');
  if (resource === 'opportunity') return ofDeal(event, kind, names);
  const thing = resource === 'opportunity_item' ? 'the item' : 'the lost reason';
  const values = { ...event.before, ...event.after };
  const called = values['item_name'] ?? values['lost_reason'] ?? values['item_code'];
  const name = typeof called === 'string' ? `${thing} “${called}”` : thing;
  if (kind === 'created') return `added ${name}`;
  if (kind === 'deleted') return `removed ${name}`;
  if (kind === 'reordered')
    return `put the ${resource === 'opportunity_item' ? 'items' : 'lost reasons'} in another order`;
  return `changed ${name}: ${changesOf(event, names)}`;
}

function ofDeal(event: ChangeEvent, kind: string, names: Record<string, string>): string {
  if (kind === 'created') return 'created the deal';
  if (kind === 'deleted') return 'deleted the deal';
  if (kind === 'erased') return 'erased the deal';
  return changesOf(event, names);
}

function changesOf(event: ChangeEvent, names: Record<string, string>): string {
  const [before, after] = [flat(event.before), flat(event.after)];
  const attributes = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
  const told = attributes.filter((name) => !UNTOLD.has(name));
  const shown = (told.length > 0 ? told : attributes).slice(0, MOST);
  const text = shown.map((name) => changeOf(name, before[name], after[name], names)).join(', ');
  const rest = told.length - shown.length;
  return rest > 0 ? `${text} and ${rest} more` : text;
}

const METADATA = 'metadata ';

/** With an attribute for each key of the metadata. */
function flat(values: ChangeEvent['before']): Record<string, unknown> {
  const { metadata, ...others } = values ?? {};
  const texts = Object.entries((metadata ?? {}) as Record<string, unknown>);
  return { ...others, ...Object.fromEntries(texts.map(([key, text]) => [METADATA + key, text])) };
}

function changeOf(name: string, from: unknown, to: unknown, names: Record<string, string>): string {
  // People choose the keys of metadata themselves.
  const called = name.startsWith(METADATA) ? name : attributeName(name).toLowerCase();
  if (isEmpty(to)) return `cleared ${called}`;
  const value = valueText(name, to, names);
  return isEmpty(from) ? `set ${called} to ${value}` : `set ${called} from ${valueText(name, from, names)} to ${value}`;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

const LONGEST = 60;
/** Longer texts, and those with punctuation, are sentences more often than names. */
const LONG = 24;

function valueText(name: string, value: unknown, names: Record<string, string>): string {
  if (typeof value === 'number') return plain(value);
  if (typeof value !== 'string') return JSON.stringify(value);
  if (name === 'status') return statusName(value);
  if (name === 'stage_id' || name === 'pipeline_id') return names[value] ?? value;
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return date(value);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return time(value);
  if (value.length > LONGEST) return `“${value.slice(0, LONGEST)}…”`;
  return value.length > LONG || /[.,;:!?]/.test(value) ? `“${value}”` : value;
}
