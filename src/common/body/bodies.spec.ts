import 'reflect-metadata';
import { propertyNames, propertySchema } from '../fields/property-metadata.js';
import { IdField, TextField, QuantityField } from '../fields/index.js';
import { CreateBody, UpdateBody } from './bodies.js';
import { check } from './check.js';

class Thing {
  @IdField('thing')
  id: string;
  @TextField({ required: true, description: 'Name.' })
  name: string;
  @TextField({ description: 'Note.' })
  note: string | null;
  @QuantityField({ default: 1, description: 'How many.' })
  qty: number;
}

class CreateThing extends CreateBody(Thing) {}
class UpdateThing extends UpdateBody(Thing) {}

const codes = (type: typeof CreateThing, body: object): string[] =>
  check(type, body).errors.listed.map(({ param, code }) => `${param} ${code}`);

describe('derived bodies', () => {
  it('carry the writable fields; only what has neither default nor null is required', () => {
    expect(propertyNames(CreateThing)).toEqual(['name', 'note', 'qty']);
    expect(propertyNames(CreateThing).filter((name) => propertySchema(CreateThing, name).required)).toEqual(['name']);
    expect(propertyNames(UpdateThing).filter((name) => propertySchema(UpdateThing, name).required)).toEqual([]);
  });

  it('check what their documentation says', () => {
    expect(codes(CreateThing, {})).toEqual(['name parameter_missing']);
    expect(codes(CreateThing, { name: 'a', note: null, qty: null })).toEqual(['qty parameter_invalid']);
    expect(codes(UpdateThing, {})).toEqual([]);
    expect(codes(UpdateThing, { name: null, note: null, qty: null })).toEqual([
      'name parameter_invalid',
      'qty parameter_invalid',
    ]);
  });

  it('ignore read-only fields', () => {
    const { value, errors } = check(UpdateThing, { id: 'thing_1', name: 'b' });
    expect([value, errors.listed]).toEqual([{ name: 'b' }, []]);
  });

  it('do not promise a default on update', () => {
    expect(propertySchema(CreateThing, 'qty')['default']).toBe(1);
    expect(propertySchema(UpdateThing, 'qty')['default']).toBeUndefined();
  });
});
