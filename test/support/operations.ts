import type { OpenAPIObject } from '@nestjs/swagger';
import type { Client, Json } from './client.js';
import { addItem, addReason, createOpportunity } from './fixtures.js';

export interface Operation {
  method: string;
  path: string;
  tag: string;
  operationId: string;
  /** The status of success. */
  status: number;
  takesBody: boolean;
  /** The body that the document shows, where the operation takes one. */
  example: object | undefined;
}

interface DocumentedOperation {
  tags: string[];
  operationId: string;
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const ID = /([a-z-]+)_[0-9a-hjkmnp-tv-z]{26}/g;

/** Every operation of the API in the document, in its order but for the creates, which a person tries first. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  const ofApi = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/'));
  const all = ofApi.flatMap(([path, item]) =>
    Object.entries(item as Record<string, DocumentedOperation>)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => describe(method, path, operation)),
  );
  const tags = document.tags?.map(({ name }) => name) ?? [];
  return all.sort((a, b) => b.status - a.status || tags.indexOf(a.tag) - tags.indexOf(b.tag));
}

function describe(method: string, path: string, operation: DocumentedOperation): Operation {
  const { tags, operationId, responses, requestBody } = operation;
  const examples = Object.values(requestBody?.content['application/json']?.examples ?? {});
  const status = Number(Object.keys(responses).find((code) => code.startsWith('2')));
  return {
    method,
    path,
    tag: tags[0] ?? '',
    operationId,
    status,
    takesBody: requestBody !== undefined,
    example: examples[0]?.value,
  };
}

/** The parameters of an operation of the document, those included that it refers to. */
export function parametersOf(document: OpenAPIObject, { parameters = [] }: Json): Json[] {
  const shared: Json = document.components?.parameters ?? {};
  return parameters.map((each: Json) => (each.$ref === undefined ? each : shared[each.$ref.split('/').at(-1)]));
}

/** A deal with a child of each kind, for one operation to work on, whatever the operations before it have done. */
export class Deal {
  private constructor(private readonly ids: ReadonlyMap<string, string>) {}

  static async for({ operationId, path }: Operation, api: Client, all: readonly Operation[]): Promise<Deal> {
    // Only what has ended can be reopened.
    const { id } = await createOpportunity(api, { status: operationId.startsWith('reopen') ? 'Closed' : 'Open' });
    const ids = [id, (await addItem(api, id)).id, (await addReason(api, id)).id] as string[];
    const other = all.find((create) => create.status === 201 && path.startsWith(`${create.path}/`));
    const byPrefix = new Map(ids.map((each) => [each.slice(0, each.indexOf('_')), each]));
    if (other && !other.path.includes('/opportunity')) {
      const example = await Deal.example(other, api);
      byPrefix.set(example.slice(0, example.indexOf('_')), example).set(other.path.split('/').at(-1) ?? '', example);
    }
    return new Deal(byPrefix);
  }

  /** An object of a resource that is not part of a deal, made from its documented example. */
  private static async example({ path, example }: Operation, api: Client): Promise<string> {
    return (await api.post(`/${path}`, example)).body.id as string;
  }

  /** Text with the made-up ids of the document replaced by those of this deal. */
  inText(text: string): string {
    return text.replaceAll(ID, (example, prefix: string) => this.ids.get(prefix) ?? example);
  }

  /** The id that stands for `{id}` in a path such as `/api/crm/opportunity/{id}`. */
  inPath(path: string): string {
    const [, prefix = ''] = /([^/]+)\/\{id\}/.exec(path) ?? [];
    return this.ids.get(prefix) ?? '';
  }
}
