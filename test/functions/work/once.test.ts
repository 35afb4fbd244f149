import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { manager, told } from '../../support/requests.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';
import { aRun, down, type Handler, stored } from './effects-run.ts';
import { runOnce } from './run-once.ts';

describe('once', () => {
  it('what one attempt has done, the next does not: it is given what came out', async () => {
    const { world, job, run } = await aRun();
    const keys: string[] = [];
    const handler: Handler = async (_, { once, attempt }) => {
      const charge = await once('charge', async (key) => {
        keys.push(key);
        return { id: 'ch_1', by: attempt };
      });
      if (attempt === 1) throw down();
      return charge;
    };
    expect((await run(handler)).record.status).toBe('retrying');
    expect((await run(handler)).record.status).toBe('completed');
    expect(keys).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(told(await manager(world).call('getResult', { id: job.sk })).body.result).toEqual({
      id: 'ch_1',
      by: 1,
    });
    expect(await stored(world, job.sk)).toEqual([
      { key: 'charge', value: { id: 'ch_1', by: 1 }, attempt: 1, run: 1, at: '2026-11-22T10:00:00.000Z' },
    ]);
  });

  it('twice in one attempt, one after the other and at once: the function runs once', async () => {
    let calls = 0;
    const charge = async () => {
      calls++;
      return { calls };
    };
    const { record, world, job } = await runOnce(async (_, { once }) => {
      const both = await Promise.all([once('charge', charge), once('charge', charge)]);
      return [...both, await once('charge', charge)];
    });
    expect(record.status).toBe('completed');
    expect(calls).toBe(1);
    expect(told(await manager(world).call('getResult', { id: job.sk })).body.result).toEqual([
      { calls: 1 },
      { calls: 1 },
      { calls: 1 },
    ]);
  });

  it('what a caller does to its value changes nobody else’s', async () => {
    const seen: unknown[] = [];
    await runOnce(async (_, { once }) => {
      const first = await once('list', () => [1]);
      first.push(2);
      seen.push(await once('list', () => [1]));
    });
    expect(seen).toEqual([[1]]);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
    ['an empty text', ''],
  ])('%s is a value like any other', async (_, value) => {
    const { world, job, run } = await aRun();
    const seen: unknown[] = [];
    let calls = 0;
    const handler: Handler = async (_payload, { once, attempt }) => {
      seen.push(
        await once('key', () => {
          calls++;
          return value;
        }),
      );
      if (attempt === 1) throw down();
    };
    await run(handler);
    await run(handler);
    expect(seen).toEqual([value, value]);
    expect(calls).toBe(1);
    expect(await stored(world, job.sk)).toMatchObject([{ value: value ?? null }]);
  });

  it('a value comes back as JSON keeps it, the first time too', async () => {
    const seen: unknown[] = [];
    await runOnce(async (_, { once }) => void seen.push(await once('at', () => ({ at: new Date(0) }))));
    expect(seen).toEqual([{ at: '1970-01-01T00:00:00.000Z' }]);
  });

  it('a function that throws stores nothing, and may be called again', async () => {
    const seen: unknown[] = [];
    const { world, job, run } = await aRun();
    await run(async (_, { once }) => {
      await once('charge', () => Promise.reject(down())).catch((error: Error) => seen.push(error.message));
      seen.push(await stored(world, job.sk));
      seen.push(await once('charge', () => 'ch_2'));
    });
    expect(seen).toEqual(['down', [], 'ch_2']);
    expect(await stored(world, job.sk)).toMatchObject([{ value: 'ch_2' }]);
  });

  it('its idempotency key is the same for each attempt, and another for each key and job', async () => {
    const keys: string[] = [];
    const handler: Handler = async (_, { once, attempt }) => {
      for (const name of ['a', 'b'])
        await once(name, (key) => {
          keys.push(key);
          throw down();
        }).catch(() => {});
      if (attempt === 1) throw down();
    };
    const { run } = await aRun();
    await run(handler);
    await run(handler);
    await (await aRun()).run(handler);
    expect(keys).toHaveLength(6);
    expect(keys.slice(0, 2)).toEqual(keys.slice(2, 4));
    expect(new Set(keys).size).toBe(4);
  });

  it('a person’s retry keeps what was stored, with another payload too', async () => {
    const { world, job, run } = await aRun();
    let calls = 0;
    const handler: Handler = async (payload, { once }) => {
      await once('charge', () => {
        calls++;
        return 'ch_1';
      });
      if (payload !== 'repaired') throw new PermanentError('no');
    };
    expect((await run(handler)).record.status).toBe('failed');
    const body = JSON.stringify({ payload: 'repaired' });
    await manager(world).call('retryJob', { id: job.sk, body });
    expect((await run(handler)).record.status).toBe('completed');
    expect(calls).toBe(1);
  });

  it('other keys are not held up by one that waits', async () => {
    const order: string[] = [];
    const { promise: gate, resolve: opens } = Promise.withResolvers<void>();
    await runOnce(async (_, { once }) => {
      const slow = once('slow', () => gate).then(() => order.push('slow'));
      await once('quick', () => 1).then(() => order.push('quick'));
      opens();
      await slow;
    });
    expect(order).toEqual(['quick', 'slow']);
  });
});

describe('what once refuses', () => {
  const failing = async (handler: Handler) => {
    const { record, errors } = await runOnce(handler);
    return { ...record.lastError, status: record.status, message: errors[0]?.message };
  };

  it.each(['', '-a', 'a b', 'ä', '__proto__', 'k'.repeat(65)])('key “%s”', async (key) => {
    expect(await failing((_, { once }) => once(key, () => 1))).toMatchObject({
      status: 'failed',
      code: 'validation',
      message: expect.stringContaining('[A-Za-z0-9][A-Za-z0-9._:-]{0,63}'),
    });
  });

  it('but no name that objects have, and none of 64 characters', async () => {
    const keys = ['constructor', 'toString', 'hasOwnProperty', 'charge:order.17_a-B', 'k'.repeat(64)];
    const { world, job, record } = await runOnce(async (_, { once }) => {
      for (const key of keys) await once(key, () => key);
    });
    expect(record.status).toBe('completed');
    expect(((await stored(world, job.sk)) as { value: string }[]).map(({ value }) => value)).toEqual(keys);
  });

  it('a value of more than 4,096 bytes of JSON, and one that JSON cannot hold', async () => {
    expect(await failing((_, { once }) => once('big', () => 'x'.repeat(4_095)))).toMatchObject({
      status: 'failed',
      message:
        'what once("big") returned has 4097 bytes of JSON; at most 4096 are stored. Return only what the rest of the job needs, such as an id',
    });
    expect(await failing((_, { once }) => once('odd', () => 1n))).toMatchObject({
      status: 'failed',
      message: 'once("odd") returned what JSON cannot hold',
    });
    const { record } = await runOnce((_, { once }) => once('fits', () => 'x'.repeat(4_094)));
    expect(record.status).toBe('completed');
  });

  it('the 51st effect, before its function runs', async () => {
    let calls = 0;
    const refused = await failing(async (_, { once }) => {
      const all = Array.from({ length: 51 }, (_each, index) => once(`k${index}`, () => calls++));
      await Promise.all(all);
    });
    expect(refused).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('a job may store 50 effects, and "k50" would be one more'),
    });
    expect(calls).toBe(50);
  });

  it('the 51st of all attempts together', async () => {
    const { run } = await aRun();
    let calls = 0;
    const handler: Handler = async (_, { once, attempt }) => {
      for (let index = 0; index < 26; index++) await once(`attempt${attempt}.${index}`, () => calls++);
      if (attempt === 1) throw down();
    };
    await run(handler);
    expect((await run(handler)).record).toMatchObject({
      status: 'failed',
      lastError: { code: 'validation' },
    });
    expect(calls).toBe(50);
  });

  it('a handler that was left behind after its time', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const { promise: gate, resolve: opens } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const handler: Handler = async (_, { once }) => {
      await gate;
      await once('charge', () => seen.push('charged')).catch((error: Error) => seen.push(error.message));
    };
    const invoked = worker(world, handler as never).invoke('normal');
    await world.clock.advance(30_000);
    await invoked;
    opens();
    await world.clock.advance(1);
    expect(seen).toEqual(['the handler did not end within 30 s']);
    expect(await stored(world, job.sk)).toEqual([]);
  });
});
