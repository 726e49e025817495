import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { knownConsumers } from '../../src/consumers/known-consumers.js';
import type { Client } from './client.js';

const BEHIND = `select 1 from unnest($1::text[]) as n (consumer) cross join event_feed f
  left join consumer_position p on p.workspace_id = f.workspace_id and p.consumer = n.consumer
  where f.last_position > coalesce(p.position, 0)`;

interface RunningService {
  app: INestApplicationContext;
  api: Client;
  database: { query: (text: string, values?: unknown[]) => Promise<unknown[]> };
}

/** Until consumers of modules, which write beside the requests, have done all that the writes so far ask of them. */
export async function consumersAtRest({ app, api, database }: RunningService): Promise<void> {
  const names = knownConsumers(app.get(DataSource));
  for (let isBehind = names.length > 0; isBehind;) {
    // This gives every event its place in the feed.
    await api.get('//api/events');
    isBehind = (await database.query(BEHIND, [names])).length > 0;
  }
}
