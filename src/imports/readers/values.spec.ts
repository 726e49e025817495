import * as fc from 'fast-check';
import { ExactNumber } from '../../common/json/exact-number.js';
import { DateOrder, readDate, readDuration, readNumber, readTime, type DateFormat } from './values.js';

describe('numbers', () => {
  it.each([
    ['-1234.5', null, -1234.5],
    ['1,234.5', null, undefined],
    ['1,234.50', '.', 1234.5],
    ['1.234,5', ',', 1234.5],
    ['1234,5', ',', 1234.5],
    ['12.34,5', ',', undefined],
    ['1.234', ',', 1234],
    ['999999999999.999999999', null, new ExactNumber('999999999999.999999999')],
    ...['12abc', 'NaN', '1e3', '50%', '', '.5', '5.', '+5', '- 5', '1 234', '0x10'].map(
      (text) => [text, null, undefined] as const,
    ),
  ] as const)('%s with the mark %s is %s', (text, mark, value) => {
    expect(readNumber(text, mark)).toEqual(value);
  });

  it('are the same in every way of writing them', () => {
    const digits = fc.tuple(
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 999_999_999_999n }),
      fc.integer({ min: 0, max: 999 }),
    );
    fc.assert(
      fc.property(digits, ([isNegative, whole, thousandths]) => {
        const fraction = String(thousandths).padStart(3, '0');
        const grouped = (mark: string): string => String(whole).replaceAll(/\B(?=(?:\d{3})+$)/g, mark);
        const sign = isNegative ? '-' : '';
        const plain = readNumber(`${sign}${whole}.${fraction}`, null);
        expect(readNumber(`${sign}${grouped(',')}.${fraction}`, '.')).toEqual(plain);
        expect(readNumber(`${sign}${grouped('.')},${fraction}`, ',')).toEqual(plain);
      }),
    );
  });
});

describe('dates', () => {
  const orderOf = (...cells: string[]): DateFormat | undefined => {
    const order = new DateOrder();
    for (const cell of cells) order.see(cell);
    return order.format;
  };

  it.each([
    [['2024-01-31'], 'yyyy-MM-dd'],
    [['01.02.2024', '31/01/2024'], 'dd.MM.yyyy'],
    [['01/02/2024', '13/01/2024'], 'dd/MM/yyyy'],
    [['1/2/2024', '1/13/2024'], 'MM/dd/yyyy'],
    [['01-02-2024', '28-02-2024'], 'dd-MM-yyyy'],
    [['01/02/2024', '03-28-2024'], undefined],
    [['13/01/2024', '01/13/2024'], undefined],
    [['01/02/2024'], undefined],
    [[], 'yyyy-MM-dd'],
  ] as const)('of a column with %j are in the form %s', (cells, format) => {
    expect(orderOf(...cells)).toBe(format);
  });

  it('are found again whatever form they were written in, if one of them tells', () => {
    const days = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    const formats = fc.constantFrom<DateFormat>('dd.MM.yyyy', 'dd/MM/yyyy', 'MM/dd/yyyy', 'dd-MM-yyyy', 'MM-dd-yyyy');
    fc.assert(
      fc.property(fc.array(days, { minLength: 1 }), formats, (dates, format) => {
        const iso = [...dates.map((date) => date.toISOString().slice(0, 10)), '2024-05-25'];
        const cells = iso.map((day) => {
          const [year = '', month = '', date = ''] = day.split('-');
          return format.replace('yyyy', year).replace('MM', month).replace('dd', date);
        });
        expect(orderOf(...cells)).toBe(format);
        expect(cells.map((cell) => readDate(cell, format))).toEqual(iso);
      }),
    );
  });
});

describe('times', () => {
  it.each([
    ['2024-01-15T09:30:00.000Z', 'UTC', '2024-01-15T09:30:00.000Z'],
    ['2024-01-15 09:30:00', 'UTC', '2024-01-15T09:30:00.000Z'],
    ['2024-01-15 09:30:00.123999', 'Europe/Berlin', '2024-01-15T08:30:00.123Z'],
    ['2024-07-15 09:30:00', 'Europe/Berlin', '2024-07-15T07:30:00.000Z'],
    ['2024-07-15', 'Asia/Kolkata', '2024-07-14T18:30:00.000Z'],
    ['2024-07-15T09:30:00+02:00', 'Asia/Kolkata', '2024-07-15T07:30:00.000Z'],
    ['2024-10-27 02:30:00', 'Europe/Berlin', '2024-10-27T00:30:00.000Z'],
    ['2024-03-31 02:30:00', 'Europe/Berlin', '2024-03-31T01:30:00.000Z'],
    ['2024-11-03 00:30:00', 'America/New_York', '2024-11-03T04:30:00.000Z'],
    ['2024-02-30', 'UTC', undefined],
    ['2024-01-15 25:00:00', 'UTC', undefined],
    ['15.01.2024 09:30', 'UTC', undefined],
    ['2024-01-15Z', 'UTC', undefined],
    ['20240115T093000Z', 'Asia/Kolkata', '2024-01-15T09:30:00.000Z'],
    ['20240115T093000.123+0200', 'UTC', '2024-01-15T07:30:00.123Z'],
    ['20240115T0930', 'Europe/Berlin', '2024-01-15T08:30:00.000Z'],
    ['20240115', 'Asia/Kolkata', '2024-01-14T18:30:00.000Z'],
    ['20240230', 'UTC', undefined],
    ['2024-01-15T093000Z', 'UTC', undefined],
    ['20240115 09:30:00', 'UTC', undefined],
    ['20240115093000', 'UTC', undefined],
    ['2024-01-15 09:30:00.5+02', 'Asia/Kolkata', '2024-01-15T07:30:00.500Z'],
    ['2024-01-15 09:30:00-03', 'UTC', '2024-01-15T12:30:00.000Z'],
  ])('%s in %s is %s', (text, zone, time) => {
    expect(readTime(text, zone)).toBe(time);
  });

  it('come back from the clock of any zone', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Australia/Lord_Howe',
    );
    const moments = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2030, 0) });
    fc.assert(
      fc.property(zones, moments, (zone, seconds) => {
        const moment = new Date(Math.floor(seconds / 1000) * 1000);
        const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
        const again = readTime(shown.format(moment), zone) ?? '';
        // In an hour that comes twice, another moment has the same time.
        expect(shown.format(new Date(again))).toBe(shown.format(moment));
        expect(Math.abs(Date.parse(again) - moment.getTime())).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});

it.each([
  ['1d 2h 3m 4s', 93_784],
  ['2h', 7200],
  ['5400', 5400],
  ['', undefined],
  ['3 hours', undefined],
  ['-5', undefined],
])('the duration %s has %s seconds', (text, seconds) => {
  expect(readDuration(text)).toBe(seconds);
});
