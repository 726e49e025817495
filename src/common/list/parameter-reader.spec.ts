import { ParameterReader } from './parameter-reader.js';

const messages = (reader: ParameterReader): string[] => reader.errors.listed.map(({ message }) => message);

it('hands on what is made of a text, and nothing for what is absent', () => {
  const reader = new ParameterReader({ name: 'x' });
  expect(reader.take('name', (text) => ({ text }))).toEqual({ text: 'x' });
  expect(reader.take('name', (text) => ({ text }))).toBeUndefined();
  expect(reader.errors.listed).toEqual([]);
});

it('notes what is wrong as a sentence about the parameter', () => {
  const reader = new ParameterReader({ name: 'x' });
  expect(reader.take('name', () => 'must be y.')).toBeUndefined();
  expect(reader.errors.listed).toEqual([{ param: 'name', code: 'parameter_invalid', message: 'name must be y.' }]);
});

it('never reads what is given twice, or has U+0000', () => {
  const reader = new ParameterReader({ twice: ['1', '1'], nul: 'a\u0000' });
  for (const param of ['twice', 'nul']) expect(reader.take(param, (text) => ({ text }))).toBeUndefined();
  expect(messages(reader)).toEqual(['twice must be given only once.', 'nul must not contain the character U+0000.']);
});

it('says of what is given twice what there is for several values', () => {
  const reader = new ParameterReader({ n: ['1', '2'] });
  reader.take('n', (text) => ({ text }), 'must be one.');
  expect(messages(reader)).toEqual(['n must be one.']);
});

it('takes a list in all the ways it can be given', () => {
  const reader = new ParameterReader({
    a: '1,2',
    b: ['1', '2'],
    'c[]': '1',
    'd[]': ['1', '2'],
    d: '3',
    nul: ['1', '\u0000'],
  });
  const texts = ['a', 'b', 'c', 'd', 'none', 'nul'].map((param) => reader.takeList(param, (text) => ({ text }))?.text);
  expect(texts).toEqual(['1,2', '1,2', '1', '3,1,2', undefined, undefined]);
  expect(messages(reader)).toEqual(['nul must not contain the character U+0000.']);
  expect(reader.rest()).toEqual([]);
});

it.each([
  ['5', 5],
  ['007', 7],
  ['0', 'n must not be less than 1.'],
  ['-1', 'n must not be less than 1.'],
  ['10', 'n must not be greater than 9.'],
  ['99999999999999999999', 'n must be an integer.'],
  ['1.0', 'n must be an integer.'],
  ['', 'n must be an integer.'],
])('reads %j as an integer of 1 to 9: %j', (text, expected) => {
  const reader = new ParameterReader({ n: text });
  expect(reader.integer('n', 1, 9) ?? messages(reader)[0]).toBe(expected);
});

it.each([
  ['true', true],
  ['false', false],
  ['True', 'flag must be true or false.'],
  ['', 'flag must be true or false.'],
])('reads %j as a flag: %j', (text, expected) => {
  const reader = new ParameterReader({ flag: text });
  expect(reader.flag('flag') ?? messages(reader)[0]).toBe(expected);
});

it('refuses as unknown what nobody took, and nothing else', () => {
  const reader = new ParameterReader({ taken: '1', refused: '1', 'left "over"': '1' });
  reader.flag('taken');
  reader.refuse('refused', 'is not wanted.');
  expect(reader.rest()).toEqual(['left "over"']);
  reader.refuseRest();
  expect(reader.errors.listed.map(({ param, code }) => [param, code])).toEqual([
    ['taken', 'parameter_invalid'],
    ['refused', 'parameter_invalid'],
    ['left "over"', 'parameter_unknown'],
  ]);
});
