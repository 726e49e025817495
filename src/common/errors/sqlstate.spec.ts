import { answerConstraint } from './constraints.js';
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

  describe('of a constraint that a parameter can break', () => {
    const references = { resource: 'order', table: 'order_' };
    answerConstraint('order_line', 'line_number', { param: 'number', resource: 'order-line' });
    answerConstraint('order_line', 'FK_1', { param: 'order_id', resource: 'order-line', references });
    answerConstraint('order_', 'FK_2', { param: 'parent_id', resource: 'order', references });
    const violation = (code: string, message: string, table = 'order_line', constraint = 'FK_1'): object =>
      databaseFault({ code, message, table, constraint, detail: 'Key (workspace_id, order_id)=(w_1, order_7) …' }) ??
      {};

    it('names the parameter whose value another object has', () => {
      const fault = { code: 'parameter_not_unique', param: 'number' };
      expect(violation('23505', 'duplicate key …', 'order_line', 'line_number')).toMatchObject({
        validatorMiss: false,
        exception: { status: 400, fault },
      });
    });

    it.each([
      [
        'insert or update on table "order_line" violates foreign key constraint "FK_1"',
        'order_line',
        'FK_1',
        'order_id',
      ],
      ['Einfügen oder Aktualisieren in Tabelle »order_line« verletzt »FK_1«', 'order_line', 'FK_1', 'order_id'],
      ['insert or update on table "order_" violates foreign key constraint "FK_2"', 'order_', 'FK_2', 'parent_id'],
    ])('names the parameter that names nothing: %s', (message, table, constraint, param) => {
      const fault = { code: 'resource_missing', message: "No such order: 'order_7'.", param };
      expect(violation('23503', message, table, constraint)).toMatchObject({ exception: { status: 404, fault } });
    });

    it.each([
      ['update or delete on table "order_" violates foreign key constraint "FK_1" on table "order_line"', 'order_line'],
      ['Löschen in Tabelle »order_« verletzt Fremdschlüssel »FK_1« von Tabelle »order_line«', 'order_line'],
      ['update or delete on table "order_" violates foreign key constraint "FK_2" on table "order_"', 'order_'],
    ])('says that an object is referred to: %s', (message, table) => {
      const constraint = table === 'order_' ? 'FK_2' : 'FK_1';
      const fault = { code: 'resource_referenced' };
      for (const code of ['23503', '23001'])
        expect(violation(code, message, table, constraint)).toMatchObject({ exception: { status: 409, fault } });
    });
  });

  it.each([undefined, null, 'text', new Error('bug'), { code: 'XX000' }])('leaves %j to be a 500', (error) => {
    expect(databaseFault(error)).toBeUndefined();
  });
});
