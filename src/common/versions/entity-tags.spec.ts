import { expectedBy, namesVersion, versionsIn } from './entity-tags.js';
import { etagOf } from './versions.js';

describe('versionsIn', () => {
  it('reads the tag that etagOf wrote', () => {
    expect(versionsIn(etagOf(42))).toEqual([42]);
  });

  it.each([
    ['a list', '"1", "2","3"', [1, 2, 3]],
    ['white space and empty entries around tags', '  "7"\t, ,, "8",', [7, 8]],
    ['our tag where a proxy has made it weak', 'W/"7"', [7]],
    ['our tag with the name of a coding', '"7-gzip", "8--gzip", W/"9-br"', [7, 8, 9]],
    ['nothing of a tag that is not ours', '"abc", "-1", "1.0", "", "7-x"', []],
    ['tags with commas and brackets in them', '"a,1", "2", "*"', [2]],
    ['nothing of a number no version can have', '"12345678901234567890"', []],
  ])('reads %s', (_case, header, versions) => {
    expect(versionsIn(header)).toEqual(versions);
  });

  it.each([undefined, '*', ' * '])('expects nothing of %j', (header) => {
    expect(versionsIn(header)).toBeUndefined();
  });

  it.each([
    '',
    ' ',
    ',',
    '2',
    'W/2',
    'w/"2"',
    '"2',
    '2"',
    '"',
    '"1""2"',
    '"1" "2"',
    '*, "2"',
    '"2", *',
    "'2'",
    '"a b"',
  ])('refuses %j', (header) => {
    expect(() => versionsIn(header)).toThrow('If-Match must be * or ETags in double quotes');
  });

  it('takes a header of any length in its stride', () => {
    expect(versionsIn('"1",'.repeat(4000))).toHaveLength(4000);
    expect(() => versionsIn('",'.repeat(8001))).toThrow();
  });
});

describe('namesVersion', () => {
  it.each(['"5"', 'W/"5"', '"4", "5"', '"a,b" , W/"5-gzip"', '*'])('finds version 5 in %j', (header) => {
    expect(namesVersion(header, 5)).toBe(true);
  });

  it.each(['', '"4"', '5', '"x"', '"5', '"55"'])('does not find it in %j', (header) => {
    expect(namesVersion(header, 5)).toBe(false);
  });
});

describe('expectedBy', () => {
  it.each([
    [{}, undefined],
    [{ 'if-match': '"1"' }, [1]],
    [{ 'if-match': '"1"', 'if-none-match': '*' }, []],
    [{ 'if-none-match': ' * ' }, []],
  ])('allows by %j', (headers, versions) => {
    expect(expectedBy(headers)).toEqual(versions);
  });

  it('refuses tags that a write must not meet', () => {
    expect(() => expectedBy({ 'if-none-match': '"1"' })).toThrow('With a write, If-None-Match can only be *.');
  });
});
