import pg from 'pg';
import { AnswerQuery } from './answer-query.js';

interface Heard {
  query: AnswerQuery;
  said: string[];
  passOn: () => void;
}

/** A query of which the second row is too much, and all that it says to its caller and its connection. */
function tooLarge(): Heard {
  const said: string[] = [];
  let passOn = (): void => undefined;
  const cancel = (): Promise<void> => {
    said.push('cancel');
    return new Promise((resolve) => (passOn = resolve));
  };
  const giveUp = (): void => void said.push('give up');
  const done = (error: Error | undefined): void => void said.push(error?.constructor.name ?? 'rows');
  const query = new AnswerQuery('select', [], done, { bytes: 10 }, { cancel, giveUp });
  query.handleRowDescription({ fields: [] });
  for (const length of [8, 8, 8]) query.handleDataRow({ length, fields: [] });
  return {
    query,
    said,
    passOn: () => {
      passOn();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const stopped = Object.assign(new Error('canceling statement'), { code: '57014' });
const connection = {} as pg.Connection;

it('lets its caller hand the connection on only when the word to stop has been passed on', async () => {
  const { query, said, passOn } = tooLarge();
  query.handleError(stopped, connection);
  await turn();
  expect(said).toEqual(['cancel']);
  passOn();
  await turn();
  expect(said).toEqual(['cancel', 'AnswerTooLargeError']);
});

it('ends the connection when the statement ended by itself, or in another way', async () => {
  const whole = tooLarge();
  whole.query.handleReadyForQuery(connection);
  expect(whole.said).toEqual(['cancel', 'give up', 'AnswerTooLargeError']);
  const broken = tooLarge();
  broken.query.handleError(new Error('Connection terminated'), connection);
  broken.passOn();
  await turn();
  expect(broken.said).toEqual(['cancel', 'give up', 'AnswerTooLargeError']);
});
