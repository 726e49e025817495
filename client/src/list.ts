import { CrmError } from './errors.js';

export interface Page<T> {
  data: T[];
  has_more: boolean;
  total: number | null;
}

type Parameters = Readonly<Record<string, unknown>>;
export type Reader<T> = (query: Parameters) => Promise<Page<T>>;

/** How a list goes on: after the last object by its id, or by counting. */
export type Paging = 'cursor' | 'offset';

/**
 * The objects of a list. `await` gives the first page; `for await` gives all objects, page by page: by cursor where the
 * list has one, so that none is missed or given twice while others write.
 */
export class List<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  constructor(
    private readonly read: Reader<T>,
    private readonly query: Parameters,
    private readonly paging: Paging,
  ) {}

  then<A = Page<T>, B = never>(
    onFulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.read(this.query).then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    // Nobody sees the total of these pages, and counting can take longer than reading.
    let query = this.paging === 'cursor' ? { ...this.query, include_total: false } : { ...this.query };
    for (;;) {
      const page = await this.read(query);
      yield* page.data;
      if (!page.has_more) return;
      query = { ...query, ...this.next(page, query) };
    }
  }

  /** All objects in one array, of which the list may have at most `limit`. */
  async toArray({ limit }: { limit: number }): Promise<T[]> {
    const objects: T[] = [];
    for await (const object of this) {
      if (objects.length === limit) throw new CrmError(`The list has more than ${limit} objects.`);
      objects.push(object);
    }
    return objects;
  }

  private next(page: Page<T>, query: Parameters): Parameters {
    if (this.paging === 'offset') return { offset: Number(query['offset'] ?? 0) + page.data.length };
    const { id } = (page.data.at(-1) ?? {}) as { id?: string };
    if (id === undefined)
      throw new CrmError('To continue by cursor, a list needs the id of its objects: add id to fields.');
    return { starting_after: id, offset: undefined };
  }
}
