import { AttachedValue } from './attached-value.js';

describe('AttachedValue', () => {
  const checked = new AttachedValue<string>();

  it('is only where it was attached, and can be replaced', () => {
    const body = { title: 'Chairs' };
    expect(checked.of(body)).toBeUndefined();
    checked.attach(body, 'first');
    checked.attach(body, 'second');
    expect(checked.of(body)).toBe('second');
    expect(checked.of({ title: 'Chairs' })).toBeUndefined();
    expect(new AttachedValue<string>().of(body)).toBeUndefined();
  });

  it('is not noticed by those who read, copy or write the object', () => {
    const body = { title: 'Chairs' };
    checked.attach(body, 'checked');
    expect(Object.keys(body)).toEqual(['title']);
    expect(JSON.stringify(body)).toBe('{"title":"Chairs"}');
    expect(body).toEqual({ title: 'Chairs' });
    expect(checked.of({ ...body })).toBeUndefined();
  });
});
