import { databaseFault, isConflict } from './sqlstate.js';

const status = (error: object): number | undefined => databaseFault(error)?.exception.getStatus();

describe('databaseFault', () => {
  it.each(['08006', '53300', '57P01', '57014', '55P03', 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT'])(
    '%s is 503',
    (code) => {
      expect(status({ code })).toBe(503);
      expect(databaseFault({ code })?.exception.fault.headers).toEqual({ 'Retry-After': '1' });
    },
  );

  it.each(['timeout exceeded when trying to connect', 'Connection terminated unexpectedly', 'Query read timeout'])(
    "the driver's %j is 503",
    (message) => {
      expect(status(new Error(message))).toBe(503);
    },
  );

  it('looks into the error that TypeORM wraps', () => {
    expect(status({ driverError: { code: '40P01' } })).toBe(409);
    expect(isConflict({ driverError: { code: '40001' } })).toBe(true);
  });

  it('counts what validation should have caught', () => {
    expect(databaseFault({ code: '22021' })).toMatchObject({ validatorMiss: true });
    expect(databaseFault({ code: '23505' })).toMatchObject({ validatorMiss: true });
    expect(databaseFault({ code: '22003' })).toMatchObject({ validatorMiss: false });
  });

  it.each([undefined, null, 'text', new Error('bug'), { code: 'XX000' }])('leaves %p to be a 500', (error) => {
    expect(databaseFault(error)).toBeUndefined();
  });
});
