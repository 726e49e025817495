import { recordedAnswers } from './support/recorded-answers.js';
import { startService } from './support/service.js';

/** Recorded before pipelines, webhooks, imports and modules were there: whoever uses none of them gets the same bytes. */
const RECORD = 'fixtures/recorded-answers.txt';

it('answers by default as it always has, to the byte', async () => {
  const service = await startService();
  await expect(await recordedAnswers(service.origin, service.api.key ?? '')).toMatchFileSnapshot(RECORD);
  await service.stop();
});
