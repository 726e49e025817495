import { ApiException } from '../errors/api.exception.js';
import { readJson } from './json-body.js';

const read = (text: string): unknown => readJson(Buffer.from(text));

/** What is said of a body that is refused. */
function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ApiException) return error.message;
    throw error;
  }
  return 'none';
}

const many = (text: string, count: number): string => new Array<string>(count).fill(text).join(',');
const names = (count: number): string => Array.from({ length: count }, (_, index) => `"${index}":"{[:"`).join(',');

describe('a body', () => {
  it('is read, up to its bounds', () => {
    expect(read(`${'['.repeat(32)}${']'.repeat(32)}`)).toHaveLength(1);
    expect(read(`[${many('{}', 19_999)}]`)).toHaveLength(19_999);
    expect(Object.keys(read(`{${names(500)}}`) as object)).toHaveLength(500);
    expect(read(`[${many('1', 100_000)}]`)).toHaveLength(100_000);
    expect(read(`[${many('{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}', 19_999)}]`)).toHaveLength(19_999);
  });

  it('is refused beyond them, whether or not it is JSON', () => {
    expect(refusal(`${'['.repeat(33)}${']'.repeat(33)}`)).toBe('The body is nested more than 32 levels deep.');
    expect(refusal('{"a":'.repeat(100_000))).toBe('The body is nested more than 32 levels deep.');
    expect(refusal(`[${many('{}', 20_000)}]`)).toBe('The body has more than 20000 objects and lists.');
    expect(refusal(`[${many('1', 100_001)}]`)).toBe('The body has lists with more than 100000 entries in all.');
    expect(refusal(`[[${many('1', 60_000)}],{"a":[${many('1', 60_000)}]}]`)).toContain('100000 entries in all');
    expect(refusal(`{"a":{${names(501)}}}`)).toBe('The body has an object with more than 500 names.');
  });

  it('has no brackets, commas and names in its texts', () => {
    const text = '[{:,"\\'.repeat(100_000);
    expect(read(JSON.stringify({ [text]: text }))).toEqual({ [text]: text });
  });

  it('is refused when it is no JSON, or no UTF-8', () => {
    for (const text of ['', '{', '[1,]', '{"a":1}}', ']', '"', '"\\'])
      expect(refusal(text)).toBe('The body is not valid JSON.');
    expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('The body is not valid UTF-8.');
  });
});
