import type { Database } from './database.js';
import type { Call } from './drive.js';
import type { Material } from './material.js';
import type { Scenario } from './scenarios.js';
import type { Target } from './target.js';

const CALLS = 5;
/** What differs between two writes of the same: ids, and times with what is counted from them. */
const OWN_VALUES = /"(id|created_at|updated_at|opportunity_id|entered_at|left_at)":"[^"]*"|"(seconds)":[\d.]+/g;
/** Writes do not owe the same number of versions. */
const COMPARED_HEADERS = ['content-type', 'content-length'];

interface Answer {
  status: number;
  headers: Record<string, string | null>;
  text: string;
}

/**
 * Makes sure that the floor does the same work before it is raced: it answers the same bytes, and what it wrote reads the
 * same through the service. Throws an Error that shows the first difference.
 */
export async function requireSameAnswers(
  service: Target,
  floor: Target,
  scenario: Scenario,
  material: Material,
  database: Database,
): Promise<void> {
  const expected = await answersOf(service, service, scenario, material);
  await scenario.tidy?.(database);
  const actual = await answersOf(floor, service, scenario, material);
  await scenario.tidy?.(database);
  for (const [index, answer] of expected.entries()) {
    if (JSON.stringify(answer) === JSON.stringify(actual[index])) continue;
    const shown = (value: Answer | undefined): string => JSON.stringify(value, null, 1).slice(0, 4000);
    throw new Error(
      `${scenario.name}: the floor does not do the same.\nservice: ${shown(answer)}\nfloor: ${shown(actual[index])}`,
    );
  }
}

/** Makes sure that two requests are answered with the same bytes. */
export async function requireSameText(one: Target, call: Call, other: Target, otherCall: Call): Promise<void> {
  const [{ text }, { text: otherText }] = await Promise.all([ask(one, call), ask(other, otherCall)]);
  if (text !== otherText)
    throw new Error(`${call.path} of the ${one.name} is not ${otherCall.path} of the ${other.name}.`);
}

/** The answers to a few requests, and to reading their effects through the service. */
async function answersOf(target: Target, reader: Target, scenario: Scenario, material: Material): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < CALLS; n++) {
    const call = scenario.call(n, material);
    const answer = await ask(target, call);
    if (answer.status > 299)
      throw new Error(`${scenario.name}: the ${target.name} answers ${answer.status}: ${answer.text.slice(0, 500)}`);
    const paths = scenario.effects?.(JSON.parse(answer.text) as object) ?? [];
    const effects = await Promise.all(
      paths.map((path) => ask(reader, { method: 'GET', path, ...(call.headers && { headers: call.headers }) })),
    );
    answers.push(...(scenario.effects ? [answer, ...effects].map(masked) : [ofNoMoment(answer)]));
  }
  return answers;
}

async function ask({ url, headers }: Target, { method, path, body, headers: own }: Call): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...own, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  });
  const compared = [...COMPARED_HEADERS, ...(method === 'GET' ? ['etag'] : [])];
  return {
    status: response.status,
    headers: Object.fromEntries(compared.map((name) => [name, response.headers.get(name)])),
    text: await response.text(),
  };
}

/** Reports say of which moment they are. */
function ofNoMoment({ text, ...answer }: Answer): Answer {
  return { ...answer, text: text.replace(/"as_of":"[^"]*"/, '"as_of":"…"') };
}

function masked({ status, headers, text }: Answer): Answer {
  return {
    status,
    headers: { ...headers, etag: null, 'content-length': null },
    text: text.replace(OWN_VALUES, '"$1$2":"…"'),
  };
}
