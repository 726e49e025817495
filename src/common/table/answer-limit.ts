const MARK = ' answer */';

/** More characters than the comment has, so that only the end of a text is searched. */
const MOST_OF_COMMENT = 24;

/**
 * Marks a statement whose rows become an answer, as many as a client asks for: the connection counts their bytes and gives
 * up beyond MAX_ANSWER_BYTES. One that reads what it will write is not marked: however large a parent is, it can be changed.
 * With a percentage, the connection also gives up after so much of the time that a statement may take.
 */
export function asAnswer(text: string, percentOfTime?: number): string {
  return `${text} /*${percentOfTime === undefined ? '' : ` ${percentOfTime} %`}${MARK}`;
}

export function isAnswer(text: string): boolean {
  return text.endsWith(MARK);
}

/** How much of a statement's time an answer may take, in percent; undefined for all of it. */
export function percentOfTime(text: string): number | undefined {
  const [, percent] = /(\d+) % answer/.exec(text.slice(-MOST_OF_COMMENT)) ?? [];
  return percent === undefined ? undefined : Number(percent);
}

/** The connection has given an answer up, and had the server stop it. */
export abstract class StoppedAnswerError extends Error {
  abstract readonly code: string;
}

/** The rows of an answer are more than it may hold. */
export class AnswerTooLargeError extends StoppedAnswerError {
  readonly code = 'ANSWER_TOO_LARGE';

  constructor(bytes: number) {
    super(
      `The response would be larger than ${bytes} bytes. Ask for fewer objects with limit, for fewer attributes with fields, or without expand.`,
    );
  }
}

/** An answer takes longer than it may. */
export class AnswerTooLateError extends StoppedAnswerError {
  /** PostgreSQL's own, for a statement that took too long. */
  readonly code = '57014';

  constructor(milliseconds: number) {
    super(`The statement takes longer than ${milliseconds} ms`);
  }
}
