import type { Http, Method, RequestOptions } from './http.js';
import { List, type Paging } from './list.js';
import type { Body, Item, OperationId, Query, Result } from './operations.js';

/** An operation whose id is made of a verb and a name, such as `create` and `Opportunity`. */
type Of<Verb extends string, Name extends string> = `${Verb}${Name}` & OperationId;

type Action<Id extends OperationId> = (id: string, options?: RequestOptions) => Promise<Result<Id>>;
type ActionWith<Id extends OperationId> = (id: string, body: Body<Id>, options?: RequestOptions) => Promise<Result<Id>>;
type Post<Id extends OperationId> = (body: Body<Id>, options?: RequestOptions) => Promise<Result<Id>>;
type Read<Id extends OperationId> = (query?: Query<Id>, options?: RequestOptions) => Promise<Result<Id>>;
type ListOf<Id extends OperationId> = (id: string, query?: Query<Id>, options?: RequestOptions) => List<Item<Id>>;
type Retrieve<Name extends string> = Of<'retrieve', Name>;

/** Makes methods of operations, whose paths begin with `path`. Ids take the places of names in braces. */
export class Calls {
  constructor(
    protected readonly http: Http,
    protected readonly path: string,
  ) {}

  /** A call for one object, without a body. */
  protected action<Id extends OperationId>(method: Method, path: string): Action<Id> {
    return (id, options) => this.http.request(method, this.pathOf(path, id), options);
  }

  protected actionWith<Id extends OperationId>(method: Method, path: string): ActionWith<Id> {
    return (id, body, options) => this.http.request(method, this.pathOf(path, id), { ...options, body });
  }

  protected post<Id extends OperationId>(path: string): Post<Id> {
    return (body, options) => this.http.request('POST', this.path + path, { ...options, body });
  }

  protected read<Id extends OperationId>(path: string): Read<Id> {
    return (query, options) => this.http.request('GET', this.path + path, { ...options, query });
  }

  /** The call for a list that belongs to one object. */
  protected listOf<Id extends OperationId>(path: string): ListOf<Id> {
    return (id, query, options) => this.pages(this.pathOf(path, id), query, options, 'offset');
  }

  protected pages<T>(path: string, query: object | undefined, options: RequestOptions = {}, paging: Paging): List<T> {
    return new List((page) => this.http.request('GET', path, { ...options, query: page }), { ...query }, paging);
  }

  protected pathOf(path: string, ...ids: string[]): string {
    return this.path + path.replaceAll(/{\w+}/g, () => encodeURIComponent(ids.shift() ?? ''));
  }
}

/** The calls that every kind of object has. `One` and `Many` are its names in the ids of the operations. */
export class Collection<One extends string, Many extends string> extends Calls {
  protected readonly paging: Paging = 'cursor';
  readonly create = this.post<Of<'create', One>>('');

  list(query?: Query<Of<'list', Many>>, options?: RequestOptions): List<Item<Of<'list', Many>>> {
    return this.pages(this.path, query, options, this.paging);
  }

  retrieve(id: string, query?: Query<Retrieve<One>>, options?: RequestOptions): Promise<Result<Retrieve<One>>> {
    return this.http.request('GET', this.pathOf('/{id}', id), { ...options, query });
  }
}

/** Objects that can be changed. */
export class Resource<One extends string, Many extends string> extends Collection<One, Many> {
  readonly update = this.actionWith<Of<'update', One>>('PATCH', '/{id}');
  readonly delete = this.action<'deleteOpportunity'>('DELETE', '/{id}');
}

/** Objects that belong to a parent, in an order. */
export class OrderedChildren<One extends string, Many extends string> extends Resource<One, Many> {
  protected override readonly paging = 'offset';
  readonly reorder = this.post<Of<'reorder', Many>>('/reorder');
}
