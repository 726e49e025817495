import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Client, Json } from './client.js';

/* Imports as a client makes them. */

const WORKING = ['checking', 'running', 'reverting'];

export const CSV_TYPE = { 'content-type': 'text/csv' };
export const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };

export async function makeImport(api: Client, body: object): Promise<string> {
  const { status, text, body: made } = await api.post('//api/imports', body);
  if (status !== 201) throw new Error(text);
  return made.id as string;
}

export function upload(
  api: Client,
  id: string,
  file: string | Buffer,
  headers?: Record<string, string>,
): Promise<Answer> {
  return api.request('PUT', `//api/imports/${id}/file`, { body: file.toString(), headers: headers ?? CSV_TYPE });
}

/** The import once nothing is done with it any more. */
export async function settled(api: Client, id: string): Promise<Json> {
  for (;;) {
    const { body } = await api.get(`//api/imports/${id}`);
    if (!WORKING.includes(body.status)) return body;
    await wait(20);
  }
}

/** The import of a file once it is checked. */
export async function checkedImport(
  api: Client,
  options: object,
  file: string,
  headers?: Record<string, string>,
): Promise<Json> {
  const id = await makeImport(api, options);
  const { status, text } = await upload(api, id, file, headers);
  if (status !== 202) throw new Error(text);
  return settled(api, id);
}

export async function ran(api: Client, id: string): Promise<Json> {
  const { status, text } = await api.post(`//api/imports/${id}/run`, undefined);
  if (status !== 202) throw new Error(text);
  return settled(api, id);
}

export async function resultsOf(api: Client, id: string): Promise<Json[]> {
  const { text } = await api.get(`//api/imports/${id}/results.ndjson`);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
