import { getMetadataArgsStorage } from 'typeorm';
import { propertySchema } from '../common/fields/property-metadata.js';
import { parentKeyOf, resourceOf } from '../common/fields/entity-keys.js';
import { entities } from '../schema.js';
import type { Answer, Client } from './client.js';
import { EXAMPLE_ID, isCreate, refersTo, type Operation } from './operations.js';

/* Objects for the operations of any resource to work on, made from the examples of the document. */

/** What has to be done to an object before an action is possible, by the action. */
const preparations = new Map<string, Operation[]>();

let made = 0;

/** An object of one resource with those it refers to and a child of each kind, for one operation to work on. */
export class Sample {
  private readonly ids = new Map<string, string>();
  /** All children of the same parent, the last first, where an operation puts them into an order. */
  private order: string[] | undefined;
  private deliveryId = '';

  private constructor(
    private readonly api: Client,
    private readonly all: readonly Operation[],
  ) {}

  /** A new object, in a state in which the operation is possible. */
  static async for(operation: Operation, api: Client, all: readonly Operation[]): Promise<Sample> {
    const sample = await Sample.of(operation.resource, api, all);
    await sample.makeNamed(operation.example);
    if (operation.bodySchema.properties?.ids !== undefined) await sample.makeSibling(operation);
    for (const earlier of await sample.preparation(operation)) await sample.call(earlier);
    await sample.find(operation);
    return sample;
  }

  /** A new object of a resource. */
  static async of(resource: string, api: Client, all: readonly Operation[]): Promise<Sample> {
    const sample = new Sample(api, all);
    await sample.make(resource);
    for (const child of CHILDREN.get(resource) ?? []) await sample.make(child);
    return sample;
  }

  /** One object of every resource. */
  static async ofEach(api: Client, all: readonly Operation[], change: Change = same): Promise<Sample> {
    const sample = new Sample(api, all);
    for (const { resource } of all.filter(isCreate)) await sample.make(resource, change);
    return sample;
  }

  /** By resource, in the order in which they were made: what others refer to comes first. */
  get byResource(): Record<string, string> {
    return Object.fromEntries(this.ids);
  }

  /** Calls the operation with the example of the document, on this object. */
  call(operation: Operation, client = this.api, headers: Record<string, string> = {}): Promise<Answer> {
    const isFile = operation.operationId === 'uploadImportFile';
    const body = isFile ? 'title\n' : this.body(operation);
    if (isFile) headers = { 'content-type': 'text/csv', ...headers };
    return client.request(operation.method.toUpperCase(), this.path(operation), {
      headers,
      ...(body !== undefined && { body }),
    });
  }

  /** For a client: with the ids of this object, and with what the query has to name. */
  path(operation: Operation): string {
    const { path, parameters } = operation;
    const query = parameters.filter((each) => each.in === 'query' && (each.isRequired || each.refersTo !== undefined));
    const search = query.map(({ name, example = '' }) => `${name}=${this.inText(example)}`).join('&');
    const withId = path.replaceAll(/\{(\w+)\}/g, (_place, name: string) => this.inPath(operation, name));
    return `/${withId}${search === '' ? '' : `?${search}`}`;
  }

  /** What the path has in the place of a parameter. */
  inPath({ resource }: Operation, name: string): string {
    return name === 'delivery_id' ? this.deliveryId : (this.ids.get(resource) ?? '');
  }

  body(operation: Operation): object | undefined {
    return operation.example && this.filled(operation.example, operation.resource);
  }

  /** Text with the made-up ids of the document replaced by those of this object, and unique values by new ones. */
  inText(text: string, { resource }: Pick<Operation, 'resource'> = { resource: '' }): string {
    const withIds = text.replaceAll(new RegExp(EXAMPLE_ID, 'g'), (id, prefix: string) => this.ids.get(prefix) ?? id);
    const isChanged = ['ids', ...(UNIQUE.get(resource) ?? [])].some((name) => withIds.includes(`"${name}"`));
    return isChanged ? JSON.stringify(this.changed(JSON.parse(withIds) as object, resource)) : withIds;
  }

  /** An id of another system; and what no request makes, but the service itself: an event, a delivery, and an import that is checked. */
  private async find({ path, resource, collection }: Operation): Promise<void> {
    if (path.includes('{external_id}')) {
      const id = this.ids.get(resource) ?? '';
      await this.api.patch(`/${collection}/${id}`, { external_id: id });
    }
    if (resource === 'import' && /(run|revert|ndjson|csv)$/.test(path)) await this.checkImport(path);
    const first = async (list: string): Promise<string> => (await this.api.get(`/${list}`)).body.data[0].id as string;
    if (path === '/api/events/{id}') {
      await this.make('opportunity');
      this.ids.set(resource, await first('/api/events?after=beginning'));
    }
    if (!path.includes('{delivery_id}')) return;
    await this.make('opportunity');
    const endpoint = `/api/webhook-endpoints/${this.ids.get(resource) ?? ''}`;
    await this.api.post(`/${endpoint}/replay`, { since: new Date(Date.now() - 3_600_000).toISOString() });
    this.deliveryId = await first(`${endpoint}/deliveries`);
  }

  private async checkImport(path: string): Promise<void> {
    const isOfJson = path.endsWith('errors.ndjson');
    const { body: made } = await this.api.post('//api/imports', { format: isOfJson ? 'ndjson' : 'csv' });
    const one = `//api/imports/${made.id as string}`;
    this.ids.set('import', made.id as string);
    const type = isOfJson ? 'application/x-ndjson' : 'text/csv';
    await this.api.request('PUT', `${one}/file`, {
      body: isOfJson ? '{}\n' : 'title\n',
      headers: { 'content-type': type },
    });
    await this.settled(one, 'checking');
    if (!path.endsWith('revert')) return;
    await this.api.post(`${one}/run`, undefined);
    await this.settled(one, 'running');
  }

  private async settled(path: string, working: string): Promise<void> {
    while ((await this.api.get(path)).body.status === working);
  }

  private filled(example: object, resource: string): object {
    return JSON.parse(this.inText(JSON.stringify(example), { resource })) as object;
  }

  private async make(resource: string, change: Change = same): Promise<void> {
    if (this.ids.has(resource)) return;
    const create = this.all.find((each) => isCreate(each) && each.resource === resource);
    if (create === undefined) return;
    await this.makeNamed(create.example, change, resource);
    this.ids.set(resource, await this.create(resource, change));
  }

  private async makeSibling(operation: Operation): Promise<void> {
    await this.create(operation.resource);
    const { parent_id } = this.body(operation) as { parent_id: string };
    const { body } = await this.api.get(`/${operation.collection}?parent_id=${parent_id}`);
    this.order = (body.data as { id: string }[]).map(({ id }) => id).reverse();
  }

  /** Makes the objects that an example names, but for those of one resource. */
  private async makeNamed(example: object | undefined, change: Change = same, but?: string): Promise<void> {
    for (const [, other = ''] of JSON.stringify(example ?? {}).matchAll(new RegExp(EXAMPLE_ID, 'g')))
      if (other !== but) await this.make(other, change);
  }

  private async create(resource: string, change: Change = same): Promise<string> {
    const create = this.all.find((each) => isCreate(each) && each.resource === resource) as Operation;
    const body = this.filled(change(create.example ?? {}, create), resource);
    const { status, text, body: answer } = await this.api.post(`/${create.path}`, body);
    if (status !== 201) throw new Error(`${create.operationId}: ${status} ${text}`);
    return answer.id as string;
  }

  private changed(body: object, resource: string): object {
    const values = Object.entries(body).map(([name, value]): [string, unknown] => {
      if (name === 'ids' && this.order !== undefined) return [name, this.order];
      if (UNIQUE.get(resource)?.includes(name) !== true) return [name, value];
      return [name, typeof value === 'string' ? `${value} ${++made}` : ++made];
    });
    return Object.fromEntries(values);
  }

  /** An action that is not possible at first may be after another one. */
  private async preparation(operation: Operation): Promise<Operation[]> {
    const isAction = ({ method, path }: Operation): boolean => method === 'post' && path.includes('{id}/');
    if (!isAction(operation)) return [];
    const known = preparations.get(operation.operationId);
    if (known !== undefined) return known;
    const others = this.all.filter(
      (each) => each !== operation && isAction(each) && each.resource === operation.resource,
    );
    for (const earlier of [[], ...others.map((each) => [each])]) {
      const trial = await Sample.of(operation.resource, this.api, this.all);
      await trial.makeNamed(operation.example);
      await trial.find(operation);
      for (const each of earlier) await trial.call(each);
      if (!operation.statuses.includes((await trial.call(operation)).status)) continue;
      preparations.set(operation.operationId, earlier);
      return earlier;
    }
    throw new Error(`${operation.operationId} is not possible for a new object, nor after another action.`);
  }
}

/** What a body is made into before it is sent. */
type Change = (body: object, create: Operation) => object;

const same: Change = (body) => body;

/** The attributes of each resource of which no two objects have the same. */
const UNIQUE = new Map(
  entities.map((entity) => {
    const storage = getMetadataArgsStorage();
    const uniques = storage.uniques.filter(({ target, deferrable }) => target === entity && deferrable === undefined);
    const indices = storage.indices.filter(({ target, unique }) => target === entity && unique);
    const names = [...uniques, ...indices].flatMap(({ columns }) => (Array.isArray(columns) ? columns : []));
    return [nameOf(entity), names.filter((name) => !name.endsWith('_id'))];
  }),
);

/** The resources whose objects are parts of one of another resource. */
const CHILDREN = new Map<string, string[]>();
for (const entity of entities) {
  const parent = refersTo(propertySchema(entity, parentKeyOf(entity) ?? '')['example']);
  if (parent !== undefined) CHILDREN.set(parent, [...(CHILDREN.get(parent) ?? []), resourceOf(entity)]);
}

function nameOf(entity: (typeof entities)[number]): string {
  try {
    return resourceOf(entity);
  } catch {
    // What is no resource has no ids of its own.
    return '';
  }
}
