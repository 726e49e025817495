import type { Answer, Client, Json } from './client.js';
import { addItem, createOpportunity } from './fixtures.js';

/** What the tests of line items ask of the service; `api` is there once the service has started. */
export function itemCalls(api: () => Client) {
  const list = (parentId: string, more = ''): Promise<Answer> =>
    api().get(`/opportunity-item?parent_id=${parentId}${more}`);
  return {
    item: (id: string): Promise<Answer> => api().get(`/opportunity-item/${id}`),
    patch: (id: string, body: object): Promise<Answer> => api().patch(`/opportunity-item/${id}`, body),
    opportunity: async (id: string): Promise<Json> => (await api().get(`/opportunity/${id}`)).body,
    list,

    /** The codes of the items in the order of the list, having seen that their positions are 1…n. */
    order: async (parentId: string): Promise<string> => {
      const { data } = (await list(parentId)).body;
      expect(data.map(({ idx }: Json) => idx)).toEqual(data.map((_: Json, index: number) => index + 1));
      return data.map(({ item_code }: Json) => item_code).join('');
    },

    /** An opportunity with one item for each letter; answers its id and theirs by letter. */
    withItems: async (letters: string): Promise<{ parent: string; ids: Record<string, string> }> => {
      const { id: parent } = await createOpportunity(api());
      const ids: Record<string, string> = {};
      for (const item_code of letters) ids[item_code] = (await addItem(api(), parent, { item_code })).id;
      return { parent, ids };
    },
  };
}
