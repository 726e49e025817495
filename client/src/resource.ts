import type { Http, RequestOptions } from './http.js';
import { List, type Page, type Paging, type Parameters } from './list.js';
import type { Body, Item, OperationId, Query, Result } from './operations.js';

/** An operation whose id is made of a verb and a name, such as `create` and `Opportunity`. */
type Of<Verb extends string, Name extends string> = `${Verb}${Name}` & OperationId;

/** The calls that every kind of object has. `One` and `Many` are its names in the ids of the operations. */
export class Resource<One extends string, Many extends string> {
  constructor(
    protected readonly http: Http,
    protected readonly path: string,
    private readonly paging: Paging = 'cursor',
  ) {}

  list(query?: Query<Of<'list', Many>>, options?: RequestOptions): List<Item<Of<'list', Many>>> {
    return this.pages<Of<'list', Many>>(this.path, query, this.paging, options);
  }

  create(body: Body<Of<'create', One>>, options?: RequestOptions): Promise<Result<Of<'create', One>>> {
    return this.http.request('POST', this.path, { ...options, body });
  }

  retrieve(
    id: string,
    query?: Query<Of<'retrieve', One>>,
    options?: RequestOptions,
  ): Promise<Result<Of<'retrieve', One>>> {
    return this.http.request('GET', this.pathOf(id), { ...options, query });
  }

  update(id: string, body: Body<Of<'update', One>>, options?: RequestOptions): Promise<Result<Of<'update', One>>> {
    return this.http.request('PATCH', this.pathOf(id), { ...options, body });
  }

  delete(id: string, options?: RequestOptions): Promise<Result<'deleteOpportunity'>> {
    return this.http.request('DELETE', this.pathOf(id), options);
  }

  protected action<Id extends OperationId>(
    id: string,
    action: string,
    body: Body<Id> | undefined,
    options: RequestOptions | undefined,
  ): Promise<Result<Id>> {
    return this.http.request('POST', this.pathOf(id, action), { ...options, body });
  }

  protected pages<Id extends OperationId>(
    path: string,
    query: Query<Id> | undefined,
    paging: Paging,
    options: RequestOptions | undefined,
  ): List<Item<Id>> {
    const read = (parameters: Parameters): Promise<Page<Item<Id>>> =>
      this.http.request('GET', path, { ...options, query: parameters });
    return new List(read, { ...query }, paging);
  }

  protected pathOf(id: string, action = ''): string {
    return `${this.path}/${encodeURIComponent(id)}${action}`;
  }
}

/** Objects that belong to a parent, in an order. */
export class OrderedChildren<One extends string, Many extends string> extends Resource<One, Many> {
  constructor(http: Http, path: string) {
    super(http, path, 'offset');
  }

  reorder(body: Body<Of<'reorder', Many>>, options?: RequestOptions): Promise<Result<Of<'reorder', Many>>> {
    return this.http.request('POST', `${this.path}/reorder`, { ...options, body });
  }
}
