import { modeOfKey } from '../common/ids/api-key.format.js';
import { loadConfig } from '../config/config.js';
import { serviceUrl } from '../config/service-url.js';
import { SampleError, SampleWriter } from '../sample/sample-writer.js';
import { SOURCE } from '../sample/sample-deals.js';
import { runCommand } from './command.js';
import { findServiceKey } from './service-key.js';

function report(origin: string, { added, total }: { added: number; total: number }): string {
  const list = `${origin}/api/crm/opportunity`;
  return `${added} of ${total} sample deals put in${added < total ? '; the others were there before' : ''}.

Look at them at ${origin}/docs, or with KEY set to your key:

  curl -g "${list}?sort=expected_closing&status[in]=Open,Replied,Quotation" -H "Authorization: Bearer $KEY"
  curl -g "${list}?q=office+chair&fields=title,status,total&expand=items" -H "Authorization: Bearer $KEY"

All of them have utm_source=${SOURCE}.`;
}

await runCommand(async () => {
  const config = loadConfig(process.env);
  const origin = (process.argv[2] ?? serviceUrl(config)).replace(/\/+$/, '');
  const key = await findServiceKey(config, 'sample');
  if (modeOfKey(key) === 'live')
    throw new SampleError('This key belongs to a live workspace. Sample deals are only for test workspaces.');
  return report(origin, await new SampleWriter(origin, key).put(new Date()));
});
