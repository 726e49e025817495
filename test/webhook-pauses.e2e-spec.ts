import type { ServerResponse } from 'node:http';
import type { Client, Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { Receiver, type Received } from './support/receiver.js';
import { startService, type Service } from './support/service.js';
import { until } from './support/until.js';

/* What an endpoint is sent of the time before it, of a pause, and of what is under way when a pause begins. */

let service: Service;
let admin: Client;
let receiver: Receiver;
beforeEach(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
  admin = await service.clientWith({ scopes: ['admin'] });
  receiver = await Receiver.start();
});
afterEach(async () => {
  await service.stop();
  await receiver.stop();
});

const ENDPOINTS = '//api/webhook-endpoints';

async function endpoint(path: string): Promise<string> {
  const body = { url: receiver.url(path), enabled_events: ['opportunity.created'] };
  return (await admin.post(ENDPOINTS, body)).body.id;
}

const change = (id: string, body: Json): Promise<unknown> => admin.patch(`${ENDPOINTS}/${id}`, body);
const receivedAt = (path: string): string[] => receiver.at(path).map(({ event }) => event.opportunity_id as string);

it('sends nothing of the time before the endpoint, and nothing of a pause, which it counts', async () => {
  const { api } = service;
  await createOpportunity(api);
  const id = await endpoint('/');
  const { id: second } = await createOpportunity(api);
  // An attempt whose outcome is not recorded yet when the pause begins would count as missed, too.
  const delivered = `${ENDPOINTS}/${id}/deliveries?status=delivered`;
  await until(async () => (await admin.get(delivered)).body.data.length > 0);
  await change(id, { disabled: true });
  await createOpportunity(api);
  await change(id, { disabled: false });
  const { id: last } = await createOpportunity(api);
  await receiver.until(() => receivedAt('/').includes(last));
  expect(receivedAt('/')).toEqual([second, last]);
  expect((await admin.get(`${ENDPOINTS}/${id}`)).body.missed_events).toBe(1);
});

it('has another ETag when it has missed an event', async () => {
  const id = await endpoint('/');
  await change(id, { disabled: true });
  const before = await admin.get(`${ENDPOINTS}/${id}`);
  await createOpportunity(service.api);
  // This gives the event its place in the feed.
  await admin.get('//api/events');
  const etag = before.headers.get('etag') ?? '';
  const after = await admin.request('GET', `${ENDPOINTS}/${id}`, { headers: { 'If-None-Match': etag } });
  expect([before.body.missed_events, after.status, after.body.missed_events]).toEqual([0, 200, 1]);
});

it('has at most five requests at a time, also if a pause began during them', async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  receiver.answer = ({ path }, response) => {
    if (path === '/quick') response.writeHead(204).end();
    else most = Math.max(most, held.push(response));
  };
  const id = await endpoint('/slow');
  for (let n = 0; n < 6; n++) await createOpportunity(service.api);
  await receiver.until(() => held.length === 5);
  await change(id, { disabled: true });
  await change(id, { disabled: false });
  await endpoint('/quick');
  for (let n = 0; n < 6; n++) await createOpportunity(service.api);
  // Whoever looks for deliveries looks for those of both endpoints.
  await receiver.until(() => receiver.at('/quick').length === 6);
  expect(most).toBe(5);
  for (const response of held.splice(0)) response.writeHead(204).end();
  receiver.answer = (_received, response) => response.writeHead(204).end();
  await receiver.until(() => receiver.at('/slow').length === 11);
});

it('sends a delivery anew after the attempt that is under way, so that there is no sixth request', async () => {
  const held: ServerResponse[] = [];
  receiver.answer = ({ path }, response) => {
    if (path === '/quick') response.writeHead(204).end();
    else held.push(response);
  };
  const id = await endpoint('/slow');
  for (let n = 0; n < 6; n++) await createOpportunity(service.api);
  await receiver.until(() => held.length === 5);
  const [first] = receiver.at('/slow');
  const { body } = await admin.get(`${ENDPOINTS}/${id}/deliveries?event_id=${String(first?.event.id)}`);
  const delivery = `${ENDPOINTS}/${id}/deliveries/${String(body.data[0].id)}`;
  for (let n = 0; n < 2; n++) expect((await admin.post(`${delivery}/resend`, {})).status).toBe(202);
  await endpoint('/quick');
  await createOpportunity(service.api);
  // Whoever looks for deliveries looks for those of both endpoints.
  await receiver.until(() => receiver.at('/quick').length === 1);
  expect(receiver.at('/slow').length).toBe(5);
  const sentOnce = ({ event }: Received): boolean => event.id === first?.event.id;
  held.shift()?.writeHead(500).end();
  receiver.answer = (_received, response) => response.writeHead(204).end();
  await receiver.until(() => receiver.at('/slow').filter(sentOnce).length === 2);
  for (const response of held) response.writeHead(204).end();
  await receiver.until(() => receiver.at('/slow').length === 8);
  for (let status = ''; status !== 'delivered';) ({ status } = (await admin.get(delivery)).body);
});
