import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import { PermanentError, TransientError } from '../../../core/errors.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';
import { runOnce } from './run-once.ts';

const no = (): never => {
  throw new Error('not to be had');
};
const everyTrap = Object.fromEntries(
  ['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor', 'set'].map((trap) => [trap, no]),
);

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An error with these properties, whatever the types say. */
function anError(properties: PropertyDescriptorMap, error: Error = new Error('as it was')): Error {
  return Object.defineProperties(error, properties);
}

function cyclic(): Error {
  const error = new Error('round');
  error.cause = new Error('and round', { cause: error });
  return error;
}

const marked = (fields: object) => Object.assign(new Error('marked'), { 'taskq.error': fields });

describe('an attempt is settled, whatever its handler throws', () => {
  it.each<[string, unknown, string, string?]>([
    ['an object without a prototype', Object.create(null), 'object without a text'],
    ['one that JSON gave', JSON.parse('{"toString":"x","valueOf":1}'), 'object without a text'],
    ['one whose toString throws', { toString: no }, 'object without a text'],
    ['one with a message of its own', { message: 'no error, and yet' }, 'no error, and yet'],
    ['a Proxy whose every trap throws', new Proxy(new Error('inside'), everyTrap), 'object without a text'],
    ['a Proxy that was revoked', revoked(), 'object without a text'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
    ['a bigint', 5n, '5'],
    ['a function', Object.assign(() => 1, { toString: no }), 'function without a text'],
    ['an error whose message throws', anError({ message: { get: no } }), 'object without a text'],
    ['an error whose message is a number', anError({ message: { value: 5 } }), '5'],
    [
      'an error whose message has no text',
      anError({ message: { value: Object.create(null) } }),
      'object without a text',
    ],
    ['an error whose stack throws', anError({ stack: { get: no } }), 'as it was'],
    ['an error whose stack is a list', anError({ stack: { value: [1] } }), 'as it was'],
    [
      'an error whose name, code and cause throw',
      anError({ name: { get: no }, code: { get: no }, cause: { get: no } }),
      'as it was',
    ],
    [
      'a code beside a cause that throws',
      anError({ code: { value: 'ECONNRESET' }, cause: { get: no } }),
      'as it was',
      'network',
    ],
    ['an error whose cause is a Proxy', new Error('outer', { cause: new Proxy({}, everyTrap) }), 'outer'],
    ['causes that go round', cyclic(), 'round'],
    ['a message of 10 MB', new Error('m'.repeat(10_000_000)), 'm'.repeat(2_000)],
    ['half of an emoji', new Error('\ud83d'), '\ud83d'],
    ['a mark that throws', anError({ 'taskq.error': { get: no } }), 'as it was'],
    ['a mark whose kind throws', marked(new Proxy({}, everyTrap)), 'marked'],
    [
      'a mark with a Retry-After that is a text',
      marked({ kind: 'transient', code: 'network', retryAfterSeconds: '7' }),
      'marked',
      'network',
    ],
    [
      'a mark with a Retry-After that is no number',
      marked({ kind: 'transient', code: 'network', retryAfterSeconds: Number.NaN }),
      'marked',
      'network',
    ],
    [
      'a mark with a Retry-After before now',
      marked({ kind: 'transient', code: 'network', retryAfterSeconds: -1 }),
      'marked',
      'network',
    ],
    [
      'a mark with a Retry-After that throws',
      marked({
        kind: 'transient',
        code: 'network',
        get retryAfterSeconds() {
          return no();
        },
      }),
      'marked',
      'network',
    ],
    ['a mark with a code of no name', marked({ kind: 'transient', code: Symbol('x') }), 'marked'],
  ])('%s', async (_, thrown, message, code = 'unknown') => {
    const { record, world, errors, said, counts } = await thrownBy(() => {
      throw thrown;
    });
    expect(said).toEqual([]);
    expect(record).toMatchObject({
      status: 'retrying',
      attempt: 1,
      attemptsLeft: 4,
      availableAt: start + 30_000,
      lastError: { code, cause: 'transient_error' },
    });
    expect(errors).toMatchObject([{ message, code, attempt: 1 }]);
    expect(world.lanes.waiting('normal')).toEqual([{ job: record.sk, inSeconds: 30 }]);
    expect(counts).toMatchObject({ retried: 1 });
  });

  it('a Retry-After without end: an hour', async () => {
    const { record } = await thrownBy(() => {
      throw new TransientError('busy', 'rate_limit', { retryAfterSeconds: Number.POSITIVE_INFINITY });
    });
    expect(record.availableAt).toBe(start + 3_600_000);
  });

  it('what cannot be read keeps its own group, and each kind one', async () => {
    const { logs } = await thrownBy(() => {
      throw Object.create(null);
    });
    const { logs: again } = await thrownBy(() => {
      throw new Proxy({}, everyTrap);
    });
    const fingerprints = [...logs, ...again].map(({ fields }) => fields.fingerprint);
    expect(fingerprints).toEqual(['4ef1d982e3841b60', '4ef1d982e3841b60']);
  });
});

describe('an attempt is settled, whatever its handler returns', () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const nested = (times: number) => JSON.parse(`${'['.repeat(times)}${']'.repeat(times)}`);

  it.each<[string, () => unknown, string]>([
    ['a bigint', () => ({ rows: 5n }), 'the handler returned what JSON cannot hold'],
    ['what goes round', () => loop, 'the handler returned what JSON cannot hold'],
    ['a toJSON that throws', () => ({ toJSON: no }), 'the handler returned what JSON cannot hold'],
    [
      'a getter that throws',
      () => ({
        get rows() {
          return no();
        },
      }),
      'the handler returned what JSON cannot hold',
    ],
    ['a function', () => () => 1, 'the handler returned what JSON cannot hold'],
    ['a list nested a million deep', () => nested(1_000_000), 'the handler returned what JSON cannot hold'],
    ['a symbol', () => Symbol('x'), 'the handler returned what JSON cannot hold'],
    [
      'a Proxy that lists nothing',
      () => new Proxy({}, { ownKeys: no }),
      'the handler returned what JSON cannot hold',
    ],
    [
      'more than is kept',
      () => 'x'.repeat(1_048_577),
      'the result has 1048579 bytes of JSON; at most 1048576 are kept. Store it, and return where',
    ],
  ])('%s: failed for good, and says so', async (_, returned, message) => {
    const { record, errors, said, world } = await thrownBy(returned);
    expect(record).toMatchObject({
      status: 'failed',
      attempt: 1,
      lastError: { code: 'validation', cause: 'permanent_error' },
    });
    expect(errors).toMatchObject([{ message }]);
    expect([...said, ...world.lanes.waiting('normal')]).toEqual([]);
  });

  it.each<[string, () => unknown, unknown]>([
    ['nothing', () => undefined, null],
    ['no number', () => Number.NaN, null],
    ['an object without a prototype', () => Object.assign(Object.create(null), { rows: 5 }), { rows: 5 }],
    ['what JSON leaves out', () => ({ rows: 5, made: Symbol('x'), none: undefined }), { rows: 5 }],
    ['a list nested 500 deep', () => nested(500), nested(500)],
    ['half of an emoji', () => '\ud83d', '\ud83d'],
  ])('%s: completed', async (_, returned, result) => {
    const { record, world, said } = await thrownBy(returned);
    expect([record.status, ...said]).toEqual(['completed']);
    const as = { tenant: 'acme', jobId: record.sk, field: 'result', fence: 1 } as const;
    expect(await world.vault.open(record.result!, as)).toEqual(result);
  });

  it.each<[string, unknown]>([
    ['what throws when it is asked whether it is a promise', Object.defineProperty({}, 'then', { get: no })],
    ['a Proxy whose every trap throws', new Proxy({}, everyTrap)],
    ['a Proxy that was revoked', revoked()],
  ])('%s: it threw, and is tried again', async (_, returned) => {
    const { record, said } = await thrownBy(() => returned);
    expect(record).toMatchObject({ status: 'retrying', lastError: { code: 'unknown' } });
    expect(said).toEqual([]);
  });
});

it('a module of a handler that throws whatever when it is loaded is what TaskQ could not reach', async () => {
  for (const thrown of [Object.create(null), new Proxy({}, everyTrap), marked(new Proxy({}, everyTrap))]) {
    const { record, errors } = await runOnce(() => 1, {}, { handlerOf: () => Promise.reject(thrown) });
    expect(record).toMatchObject({ status: 'retrying', attempt: 1, lastError: { code: 'unavailable' } });
    expect(errors).toMatchObject([{ message: 'TaskQ could not reach what the job needs' }]);
  }
});

it('a handler that throws before it gives a promise leaves nothing behind that could end the process', async () => {
  const loose: unknown[] = [];
  const seen = (reason: unknown) => void loose.push(reason);
  process.on('unhandledRejection', seen);
  const { record } = await runOnce(
    (_, job) => {
      job.once('charge', () => 1).catch(() => {});
      throw new PermanentError('at once', 'rejected');
    },
    {},
    { effects: { raise: async () => undefined, store: async () => undefined, read: async () => undefined } },
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', seen);
  expect(record.status).toBe('failed');
  expect(loose).toEqual([]);
});

it('a cancel that a handler hears of through another job’s signal cancels that other job alone', async () => {
  const world = aWorld();
  const [first, second] = [await world.job(1), await world.job(2)];
  world.point('normal', first, second);
  const shared = Promise.withResolvers<never>();
  const { invoke } = worker(world, (async (payload: number, job: JobContext) => {
    if (payload === 1) job.signal.addEventListener('abort', () => shared.reject(job.signal.reason));
    return shared.promise;
  }) as never);
  const invoked = invoke('normal');
  await world.clock.advance(1);
  world.store.put({ ...world.store.peek(first.sk)!, cancelRequestedAt: start });
  await world.clock.advance(5_000);
  await invoked;
  expect(world.store.peek(first.sk)?.status).toBe('cancelled');
  expect(world.store.peek(second.sk)).toMatchObject({ status: 'retrying', lastError: { code: 'unknown' } });
});

/** One job, run once by this handler, and what the worker said of faults of its own. */
async function thrownBy(handler: () => unknown) {
  const said: string[] = [];
  const ran = await runOnce(async () => handler(), {}, { onError: (message) => void said.push(message) });
  return { ...ran, said };
}
