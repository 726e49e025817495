import type { Http, Method, RequestOptions } from './http.js';
import { List, type Paging, type Reader } from './list.js';
import type { Body, Item, OperationId, Query, Result } from './operations.js';

/** An operation whose id is made of a verb and a name, such as `create` and `Opportunity`. */
type Of<Verb extends string, Name extends string> = `${Verb}${Name}` & OperationId;

type Action<Id extends OperationId> = (id: string, options?: RequestOptions) => Promise<Result<Id>>;
type ActionWith<Id extends OperationId> = (id: string, body: Body<Id>, options?: RequestOptions) => Promise<Result<Id>>;
export type Report<Id extends OperationId> = (query?: Query<Id>, options?: RequestOptions) => Promise<Result<Id>>;
type ListOf<Id extends OperationId> = (id: string, query?: Query<Id>, options?: RequestOptions) => List<Item<Id>>;
type Retrieve<Name extends string> = Of<'retrieve', Name>;

/** Of what has deals in stages. */
export interface DeleteOptions extends RequestOptions {
  /** The stage that the deals move to. */
  moveTo?: string;
}

/** The calls that every kind of object has. `One` and `Many` are its names in the ids of the operations. */
export class Resource<One extends string, Many extends string, Deletion extends RequestOptions = RequestOptions> {
  constructor(
    protected readonly http: Http,
    protected readonly path: string,
    private readonly paging: Paging = 'cursor',
  ) {}

  list(query?: Query<Of<'list', Many>>, options?: RequestOptions): List<Item<Of<'list', Many>>> {
    return new List(this.reader(this.path, options), { ...query }, this.paging);
  }

  create(body: Body<Of<'create', One>>, options?: RequestOptions): Promise<Result<Of<'create', One>>> {
    return this.http.request('POST', this.path, { ...options, body });
  }

  retrieve(id: string, query?: Query<Retrieve<One>>, options?: RequestOptions): Promise<Result<Retrieve<One>>> {
    return this.http.request('GET', this.pathOf(id), { ...options, query });
  }

  update(id: string, body: Body<Of<'update', One>>, options?: RequestOptions): Promise<Result<Of<'update', One>>> {
    return this.http.request('PATCH', this.pathOf(id), { ...options, body });
  }

  delete(id: string, options?: Deletion): Promise<Result<'deleteOpportunity'>> {
    const { moveTo, ...others } = (options ?? {}) as DeleteOptions;
    return this.http.request('DELETE', this.pathOf(id), { ...others, query: { move_to: moveTo } });
  }

  /** A call for one object, without a body. */
  protected action<Id extends OperationId>(method: Method, action: string): Action<Id> {
    return (id, options) => this.http.request(method, this.pathOf(id, action), options);
  }

  protected actionWith<Id extends OperationId>(method: Method, action: string): ActionWith<Id> {
    return (id, body, options) => this.http.request(method, this.pathOf(id, action), { ...options, body });
  }

  protected report<Id extends OperationId>(action: string): Report<Id> {
    return (query, options) => this.http.request('GET', `${this.path}${action}`, { ...options, query });
  }

  /** The call for a list that belongs to one object. */
  protected listOf<Id extends OperationId>(action: string): ListOf<Id> {
    return (id, query, options) => new List(this.reader(this.pathOf(id, action), options), { ...query }, 'offset');
  }

  private reader<T>(path: string, options: RequestOptions | undefined): Reader<T> {
    return (query) => this.http.request('GET', path, { ...options, query });
  }

  protected pathOf(id: string, action = ''): string {
    return `${this.path}/${encodeURIComponent(id)}${action}`;
  }
}

/** Objects that belong to a parent, in an order. */
export class OrderedChildren<
  One extends string,
  Many extends string,
  Deletion extends RequestOptions = RequestOptions,
> extends Resource<One, Many, Deletion> {
  constructor(http: Http, path: string) {
    super(http, path, 'offset');
  }

  reorder(body: Body<Of<'reorder', Many>>, options?: RequestOptions): Promise<Result<Of<'reorder', Many>>> {
    return this.http.request('POST', `${this.path}/reorder`, { ...options, body });
  }
}
