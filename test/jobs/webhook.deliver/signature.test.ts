import { describe, expect, it } from 'vitest';
import { signature } from '../../../jobs/webhook.deliver/signature.ts';

describe('signature', () => {
  it('agrees with the test vector of the Standard Webhooks libraries', () => {
    expect(
      signature(
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        1_614_265_330,
        '{"test": 2432232314}',
      ),
    ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  // printf '%s' 'job-1.1700000000.{"a":"ü"}' | openssl dgst -sha256 -hmac 'plain secret' -binary | base64
  it('takes any other secret as it is written', () => {
    expect(signature('plain secret', 'job-1', 1_700_000_000, '{"a":"ü"}')).toBe(
      'v1,6Hz4lSm+sMoLifaLW4PX8CCyEYKM4F1QPPKtua975+U=',
    );
  });
});
