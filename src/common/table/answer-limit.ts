const MARK = ' /* answer */';

/**
 * Marks a statement whose rows become an answer, as many as a client asks for: the connection counts their bytes and gives
 * up beyond MAX_ANSWER_BYTES. One that reads what it will write is not marked: however large a parent is, it can be changed.
 */
export function asAnswer(text: string): string {
  return text + MARK;
}

export function isAnswer(text: string): boolean {
  return text.endsWith(MARK);
}

/** The rows of an answer are more than it may hold. */
export class AnswerTooLargeError extends Error {
  readonly code = 'ANSWER_TOO_LARGE';

  constructor(bytes: number) {
    super(
      `The response would be larger than ${bytes} bytes. Ask for fewer objects with limit, for fewer attributes with fields, or without expand.`,
    );
  }
}
