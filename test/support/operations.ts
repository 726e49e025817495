import type { OpenAPIObject } from '@nestjs/swagger';

export interface Operation {
  method: string;
  path: string;
  tag: string;
  operationId: string;
  /** The status of success. */
  status: number;
  /** The body that the document shows, where the operation takes one. */
  example: object | undefined;
}

interface DocumentedOperation {
  tags: string[];
  operationId: string;
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, { examples?: Record<string, { value: object }> }> };
}

/** Within a resource; whatever else it can do comes before it is deleted. */
const VERBS = ['create', 'list', 'retrieve', 'update', 'reorder'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const ID = /([a-z-]+)_[0-9a-hjkmnp-tv-z]{26}/g;

/** Every operation of the document, in an order in which each finds what it needs: deletes last, children before parents. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  const all = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, DocumentedOperation>)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => describe(method, path, operation)),
  );
  const deletes = all.filter(({ method }) => method === 'delete');
  const others = all.filter(({ method }) => method !== 'delete');
  return [...others.sort((a, b) => rank(a) - rank(b)), ...deletes.reverse()];
}

function describe(method: string, path: string, operation: DocumentedOperation): Operation {
  const { tags, operationId, responses, requestBody } = operation;
  const examples = Object.values(requestBody?.content['application/json']?.examples ?? {});
  const status = Number(Object.keys(responses).find((code) => code.startsWith('2')));
  return { method, path, tag: tags[0] ?? '', operationId, status, example: examples[0]?.value };
}

function rank({ operationId }: Operation): number {
  const index = VERBS.findIndex((verb) => operationId.startsWith(verb));
  return index === -1 ? VERBS.length : index;
}

/** The newest id of each kind of object; stands in for the made-up ids of the document's examples. */
export class NewestIds {
  private readonly byPrefix = new Map<string, string>();

  remember(id: string): void {
    this.byPrefix.set(id.slice(0, id.indexOf('_')), id);
  }

  /** Text with its made-up ids replaced. */
  inText(text: string): string {
    return text.replaceAll(ID, (example, prefix: string) => this.byPrefix.get(prefix) ?? example);
  }

  /** The id that stands for `{id}` in a path such as `/api/crm/opportunity/{id}`. */
  inPath(path: string): string {
    const [, prefix = ''] = /([^/]+)\/\{id\}/.exec(path) ?? [];
    return this.byPrefix.get(prefix) ?? '';
  }
}
