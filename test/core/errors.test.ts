import { describe, expect, test, vi } from 'vitest';
import { jobErrorFields, PermanentError, SystemError, TransientError } from '../../core/errors.ts';
import { classify } from '../../core/retry.ts';

describe('what handlers throw', () => {
  test.each([
    [new TransientError('x'), 'transient', 'unknown', 'transient_error'],
    [new TransientError('x', 'network'), 'transient', 'network', 'transient_error'],
    [new TransientError('x', 'database'), 'transient', 'database', 'transient_error'],
    [new TransientError('x', 'unavailable'), 'transient', 'unavailable', 'transient_error'],
    [new PermanentError('x'), 'permanent', 'unknown', 'permanent_error'],
    [new PermanentError('x', 'invalid_payload'), 'permanent', 'invalid_payload', 'permanent_error'],
    [new PermanentError('x', 'authentication'), 'permanent', 'authentication', 'permanent_error'],
    [new PermanentError('x', 'rejected'), 'permanent', 'rejected', 'permanent_error'],
    [new SystemError('x'), 'system', 'unknown', 'system_error'],
    [new SystemError('x', 'out_of_memory'), 'system', 'out_of_memory', 'system_error'],
    [new SystemError('x', 'timeout'), 'system', 'timeout', 'timeout'],
  ])('%s is %s %s, cause %s', (thrown, kind, code, cause) => {
    expect(classify(thrown)).toEqual({ kind, code, cause });
  });

  test('a server’s Retry-After goes along', () => {
    const thrown = new TransientError('x', 'rate_limit', { retryAfterSeconds: 17 });
    expect(classify(thrown)).toEqual({
      kind: 'transient',
      code: 'rate_limit',
      cause: 'transient_error',
      retryAfterSeconds: 17,
    });
  });

  test('are errors with a name, a message and a cause', () => {
    const cause = new Error('inner');
    const thrown = new PermanentError('no such account', 'rejected', { cause });
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown.name).toBe('PermanentError');
    expect(new TransientError('x').name).toBe('TransientError');
    expect(new SystemError('x').name).toBe('SystemError');
    expect(thrown.message).toBe('no such account');
    expect(thrown.cause).toBe(cause);
    expect(new TransientError('x')).not.toHaveProperty('cause');
  });
});

describe('the marker', () => {
  test('is known on an error of a second copy of the module', async () => {
    vi.resetModules();
    const copy = await import('../../core/errors.ts');
    const thrown = new copy.PermanentError('x', 'validation');
    expect(thrown).not.toBeInstanceOf(PermanentError);
    expect(classify(thrown)).toMatchObject({ kind: 'permanent', code: 'validation' });
  });

  test('is known on a plain object without a prototype', () => {
    const thrown = Object.assign(Object.create(null), {
      'taskq.error': { kind: 'permanent', code: 'rejected' },
    });
    expect(classify(thrown)).toEqual({ kind: 'permanent', code: 'rejected', cause: 'permanent_error' });
  });

  test('comes before the name and code that Node and AWS use', () => {
    const thrown = Object.assign(new PermanentError('x', 'rejected'), { code: 'ECONNRESET' });
    expect(classify(thrown)).toMatchObject({ kind: 'permanent', code: 'rejected' });
  });

  test('a code of another release is read as unknown', () => {
    const thrown = { 'taskq.error': { kind: 'transient', code: 'quota_of_2030', retryAfterSeconds: 5 } };
    expect(classify(thrown)).toEqual({
      kind: 'transient',
      code: 'unknown',
      cause: 'transient_error',
      retryAfterSeconds: 5,
    });
  });

  test.each([Number.NaN, -1, Number.NEGATIVE_INFINITY, '60', null, {}])(
    'a Retry-After of %s is no time and is left out',
    (retryAfterSeconds) => {
      const thrown = { 'taskq.error': { kind: 'transient', code: 'rate_limit', retryAfterSeconds } };
      expect(jobErrorFields(thrown)).toEqual({ kind: 'transient', code: 'rate_limit' });
    },
  );

  test.each([0, 0.5, 3_600])('a Retry-After of %d is a time', (retryAfterSeconds) => {
    const thrown = { 'taskq.error': { kind: 'transient', code: 'rate_limit', retryAfterSeconds } };
    expect(jobErrorFields(thrown)).toEqual({ kind: 'transient', code: 'rate_limit', retryAfterSeconds });
  });

  test.each([null, undefined, 'transient', 5, [], { kind: 'fatal', code: 'network' }, {}])(
    'that holds %j marks nothing',
    (marked) => {
      expect(jobErrorFields({ 'taskq.error': marked })).toBeUndefined();
    },
  );

  test.each([undefined, null, 'text', 7, Symbol('x'), () => {}])('is not looked for on %s', (thrown) => {
    expect(jobErrorFields(thrown)).toBeUndefined();
  });
});

describe('errors of Node and the AWS SDK', () => {
  test.each([
    ['ECONNREFUSED', 'transient', 'network'],
    ['ECONNRESET', 'transient', 'network'],
    ['ECONNABORTED', 'transient', 'network'],
    ['ENOTFOUND', 'transient', 'network'],
    ['EAI_AGAIN', 'transient', 'network'],
    ['EPIPE', 'transient', 'network'],
    ['ETIMEDOUT', 'transient', 'network'],
    ['EHOSTUNREACH', 'transient', 'network'],
    ['ENETUNREACH', 'transient', 'network'],
    ['ERR_MEMORY_ALLOCATION_FAILED', 'system', 'out_of_memory'],
    ['ERR_WORKER_OUT_OF_MEMORY', 'system', 'out_of_memory'],
    ['ENOENT', 'transient', 'unknown'],
  ])('code %s is %s, %s', (code, kind, read) => {
    expect(classify(Object.assign(new Error('x'), { code }))).toMatchObject({ kind, code: read });
  });

  test.each([
    ['NetworkingError', 'transient', 'network'],
    ['TimeoutError', 'transient', 'network'],
    ['ThrottlingException', 'transient', 'rate_limit'],
    ['TooManyRequestsException', 'transient', 'rate_limit'],
    ['RequestLimitExceeded', 'transient', 'rate_limit'],
    ['SlowDown', 'transient', 'rate_limit'],
    ['ProvisionedThroughputExceededException', 'transient', 'database'],
    ['ServiceUnavailable', 'transient', 'unavailable'],
    ['InternalServerError', 'transient', 'unavailable'],
    ['AccessDenied', 'permanent', 'authentication'],
    ['AccessDeniedException', 'permanent', 'authentication'],
    ['UnrecognizedClientException', 'permanent', 'authentication'],
    ['ValidationException', 'permanent', 'validation'],
    ['TypeError', 'transient', 'unknown'],
  ])('name %s is %s, %s', (name, kind, code) => {
    expect(classify(Object.assign(new Error('x'), { name }))).toMatchObject({ kind, code });
  });

  test('fetch keeps the system error in its cause', () => {
    const thrown = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    });
    expect(classify(thrown)).toMatchObject({ kind: 'transient', code: 'network' });
  });

  test('a code comes before a name', () => {
    const thrown = Object.assign(new Error('x'), { name: 'ValidationException', code: 'ECONNRESET' });
    expect(classify(thrown)).toMatchObject({ kind: 'transient', code: 'network' });
  });
});

describe('whatever else is thrown is transient and unknown', () => {
  test.each([undefined, null, 'text', 0, true, {}, [], { code: 23 }, { name: Symbol('x') }, { cause: null }])(
    '%s',
    (thrown) => {
      expect(classify(thrown)).toEqual({ kind: 'transient', code: 'unknown', cause: 'transient_error' });
    },
  );

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('a name such as %s', (name) => {
    expect(classify({ name, code: name })).toMatchObject({ kind: 'transient', code: 'unknown' });
  });
});
