import { DELAYS_MS, delayAfter } from './schedule.js';
import { rotated, signatureHeaders, signingSecrets, type StoredSecret } from './secrets.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

it('signs as both standards have it', () => {
  const headers = signatureHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}', [SECRET]);
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    'crm-signature': 't=1614265330,v1=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964',
  });
});

it('keeps at most two old secrets, each until its end', () => {
  const first: StoredSecret[] = [{ secret: 'a', expires_at: null }];
  const second = rotated(first, 'b', 1000, 0) ?? [];
  const third = rotated(second, 'c', 500, 0) ?? [];
  expect(signingSecrets(third, 0)).toEqual(['c', 'b', 'a']);
  expect(signingSecrets(third, 700)).toEqual(['c', 'a']);
  expect(rotated(third, 'd', 1000, 0)).toBeUndefined();
  expect(signingSecrets(rotated(third, 'd', 1000, 700) ?? [], 700)).toEqual(['d', 'c', 'a']);
  expect(rotated(third, 'd', 0, 0)).toEqual([{ secret: 'd', expires_at: null }]);
});

it('tries for 76 hours, later where the receiver asks for it', () => {
  const failure = { statusCode: 500, isTimeout: false, retryAfter: undefined };
  const delays = DELAYS_MS.map((_delay, tries) => delayAfter(tries, failure, 0.5) ?? NaN);
  const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
  expect([DELAYS_MS.length, Math.round(hours)]).toEqual([10, 76]);
  expect(delayAfter(10, failure)).toBeUndefined();
  expect([delayAfter(1, failure, 0), delayAfter(1, failure, 1)]).toEqual([4000, 6000]);
  expect(delayAfter(1, { ...failure, statusCode: 429 })).toBe(60_000);
  expect(delayAfter(1, { ...failure, statusCode: null, isTimeout: true })).toBe(60_000);
  expect(delayAfter(1, { ...failure, retryAfter: '120' })).toBe(120_000);
  expect(delayAfter(1, { ...failure, retryAfter: 'Thu, 01 Jan 1970 01:00:00 GMT' }, 0.5, 0)).toBe(3_600_000);
  for (const retryAfter of ['999999', '9999999999', '9'.repeat(400)])
    expect(delayAfter(1, { ...failure, retryAfter })).toBe(86_400_000);
  expect(delayAfter(1, { ...failure, retryAfter: 'soon' }, 0.5)).toBe(5000);
});
