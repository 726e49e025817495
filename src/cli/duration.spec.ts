import { parseDuration } from './duration.js';

describe('parseDuration', () => {
  it('reads days, hours, minutes and seconds', () => {
    expect(['90d', '24h', '30m', '10s'].map(parseDuration)).toEqual([7_776_000_000, 86_400_000, 1_800_000, 10_000]);
  });

  it.each(['', '5', 'd', '1w', '-1d', '1.5h'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration');
  });
});
