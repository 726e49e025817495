import { databaseFault, isConflict } from './sqlstate.js';

const status = (error: object): number | undefined => databaseFault(error)?.exception.getStatus();

describe('databaseFault', () => {
  const unavailable = `08006 25006 25P03 28P01 3D000 40003 53100 53300 55P03 57014 57P01 57P03 58030
    ECONNREFUSED ECONNRESET EAI_AGAIN EHOSTUNREACH ENOTFOUND EPIPE ETIMEDOUT`.split(/\s+/);
  it.each(unavailable)('%s is 503', (code) => {
    expect(status({ code })).toBe(503);
    expect(databaseFault({ code })?.exception.fault.headers).toEqual({ 'Retry-After': '1' });
  });

  it.each([
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Connection terminated unexpectedly',
    'Query read timeout',
    'Query runner already released. Cannot run queries anymore.',
    'Database connection provided by a query runner was already released, cannot continue to use its querying methods.',
    'cached plan must not change result type',
  ])("the driver's %j is 503", (message) => {
    expect(status(new Error(message))).toBe(503);
  });

  it('looks into the error that TypeORM wraps', () => {
    expect(status({ driverError: { code: '40P01' } })).toBe(409);
    expect(isConflict({ driverError: { code: '40001' } })).toBe(true);
  });

  it('counts what validation should have caught', () => {
    expect(databaseFault({ code: '22021' })).toMatchObject({ validatorMiss: true });
    expect(databaseFault({ code: '23505' })).toMatchObject({ validatorMiss: true });
    expect(databaseFault({ code: '22003' })).toMatchObject({ validatorMiss: false });
  });

  it('takes a value that breaks a check constraint for one that cannot be stored, not for a conflict', () => {
    expect(status({ code: '23514' })).toBe(400);
    expect(databaseFault({ code: '23514' })).toMatchObject({ validatorMiss: true });
  });

  it.each([undefined, null, 'text', new Error('bug'), { code: 'XX000' }])('leaves %p to be a 500', (error) => {
    expect(databaseFault(error)).toBeUndefined();
  });
});
