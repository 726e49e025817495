import { parseExact } from '../common/json/parse-exact.js';
import { fingerprintOf } from './fingerprint.js';

describe('fingerprintOf', () => {
  const of = (text: string, method = 'POST', url = '/a'): string => fingerprintOf(method, url, parseExact(text));
  const first = of('{"a":1,"b":[0.5,"é"]}');

  it('is the same for the same value, however it is written', () => {
    expect(of(' {\n"a" : 1.0, "b":[5e-1, "\\u00e9"]}')).toBe(first);
  });

  it.each(['{"a":1,"b":[0.5]}', '{"a":"1","b":[0.5,"é"]}', '{"a":null,"b":[0.5,"é"]}', 'null'])(
    'differs for the body %s',
    (text) => {
      expect(of(text)).not.toBe(first);
    },
  );

  it('differs by method and by path', () => {
    const text = '{"a":1,"b":[0.5,"é"]}';
    expect(new Set([first, of(text, 'PUT'), of(text, 'POST', '/b')]).size).toBe(3);
  });

  it('tells numbers apart that are one as doubles', () => {
    expect(of('123456789012.123456789')).not.toBe(of('123456789012.123456788'));
  });

  it('takes no body for null', () => {
    expect(fingerprintOf('POST', '/a', undefined)).toBe(fingerprintOf('POST', '/a', null));
  });
});
