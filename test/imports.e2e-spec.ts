import { checkedImport, ran, resultsOf } from './support/imports.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0', ...(process.env['TEST_LOG'] && { LOG_LEVEL: 'info' }) });
});
afterAll(() => service.stop());

const HEAD = 'external_id,title,opportunity_from,party_name,company,transaction_date';

async function deals(): Promise<Record<string, unknown>[]> {
  const { body } = await service.api.get(
    '/opportunity?fields=*,external_id&expand=items,lost_reasons&sort=id&limit=100',
  );
  return body.data;
}

it('checks a file, runs it, and tells what became of each row', async () => {
  const file =
    `${HEAD};items.item_name;items.qty;probability\n`.replaceAll(',', ';') +
    'A-1;Chairs;Lead;Acme;Us;2024-01-15;Chair;2;40\n;;;;;;Desk;1;\nA-2;"Lamps\nand more";Lead;Acme;Us;2024-01-15;;;140\nA-3;Desks;Lead;Acme;Us;2024-01-15;;;\nA-1;Chairs;Lead;Acme;Us;2024-01-15;;;\n';
  const checked = await checkedImport(service.api, { format: 'csv', mapping: { Absent: 'title' } }, file);
  expect(checked).toMatchObject({
    ...{ status: 'checked', rows: 4, created: 2, updated: 0, unchanged: 0, failed: 2, unprocessed: 0, progress: 1 },
    file: { bytes: file.length, delimiter: ';' },
    errors: [
      { line: 4, param: 'probability', code: 'parameter_invalid', external_id: 'A-2' },
      { line: 7, param: 'external_id', code: 'duplicate_in_file', external_id: 'A-1' },
    ],
    warnings: [{ line: 1, param: 'Absent', code: 'column_missing' }],
  });
  expect(checked.columns.slice(0, 2)).toEqual([
    { header: 'external_id', attribute: 'external_id', filled: 4, samples: ['A-1', 'A-2', 'A-3'] },
    { header: 'title', attribute: 'title', filled: 4, samples: ['Chairs', 'Lamps\nand more', 'Desks'] },
  ]);
  expect(await deals()).toEqual([]);
  const done = await ran(service.api, checked.id);
  expect(done).toMatchObject({ status: 'succeeded_with_errors', rows: 4, created: 2, failed: 2, progress: 1 });
  expect(await deals()).toMatchObject([
    {
      external_id: 'A-1',
      title: 'Chairs',
      probability: 40,
      items: [{ item_name: 'Chair', qty: 2 }, { item_name: 'Desk' }],
    },
    { external_id: 'A-3', title: 'Desks', probability: 100, items: [] },
  ]);
  const results = await resultsOf(service.api, checked.id);
  expect(results.map(({ line, external_id, outcome }) => [line, external_id, outcome])).toEqual([
    [2, 'A-1', 'created'],
    [4, 'A-2', 'failed'],
    [6, 'A-3', 'created'],
    [7, 'A-1', 'failed'],
  ]);
  const { body: events } = await service.api.get('//api/events?after=beginning&types=opportunity.created');
  expect(events.data.map(({ import_id }: { import_id: string }) => import_id)).toEqual([checked.id, checked.id]);
  const { text: errors } = await service.api.get(`//api/imports/${checked.id}/errors.csv`);
  expect(errors.split('\r\n').slice(0, 2)).toEqual([
    `${HEAD},items.item_name,items.qty,probability,_line,_param,_code,_message`.replaceAll(',', ';'),
    'A-2;"Lamps\nand more";Lead;Acme;Us;2024-01-15;;;140;4;probability;parameter_invalid;probability must not be greater than 100.',
  ]);
  const again = await checkedImport(service.api, { format: 'csv' }, file);
  expect(again).toMatchObject({ created: 0, updated: 0, unchanged: 2, failed: 2 });
});
