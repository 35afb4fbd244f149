import { describe, expect, it } from 'vitest';
import { PermanentError } from '../../../core/errors.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';
import { type Handler, runOnce } from './run-once.ts';

describe('a job that cannot be run', () => {
  const unused = async () => 'never called';
  it.each([
    [
      'its payload does not fit its type’s schema any more',
      { type: 'greet' },
      {},
      'invalid_payload',
      '/name',
    ],
    [
      'its type has no handler',
      {},
      { handlerOf: () => Promise.reject(new PermanentError('no handler', 'validation')) },
      'validation',
      'no handler',
    ],
  ])('%s: failed for good', async (_, fields, deps, code, message) => {
    const world = aWorld();
    const job = await world.job({ name: 42 }, fields);
    world.point('normal', job);
    await worker(world, unused, deps).invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'failed', lastError: { code } });
    const [error] = (await world.vault.listErrors('acme', job.sk)) as { message: string }[];
    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain('42');
  });

  it('its type is not in this release yet: tried again, for enqueue may be a release ahead', async () => {
    const world = aWorld();
    const job = await world.job({}, { type: 'gone' });
    world.point('normal', job);
    await worker(world, unused).invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'retrying',
      lastError: { code: 'unavailable' },
    });
  });

  it('AWS refuses what TaskQ needs: tried again, whatever AWS calls it', async () => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
    const vault = { ...world.vault, open: () => Promise.reject(denied) };
    const { invoke, logs } = worker(world, unused, { vault });
    await invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'retrying',
      attempt: 0,
      attemptsLeft: 5,
      unopened: 1,
      lastError: { code: 'unavailable' },
    });
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 30 }]);
    expect(logs).toEqual([
      {
        message: 'a payload could not be opened: its job waits',
        fields: { job_id: job.sk, type: 'echo', unopened: 1 },
      },
    ]);
  });

  it('its payload is gone: failed for good', async () => {
    const world = aWorld();
    const job = await world.job();
    const payload = { v: 1, at: 'item', where: 'payload#x', bytes: 9, hash: new Uint8Array(32) } as const;
    world.store.put({ ...job, payload });
    world.point('normal', job);
    await worker(world, unused).invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({
      status: 'failed',
      lastError: { code: 'invalid_payload' },
    });
  });

  it('a cancel that was asked for before its claim: cancelled without starting', async () => {
    const started: string[] = [];
    const run = async () => void started.push('started');
    const { record, logs } = await runOnce(run, { cancelRequestedAt: start });
    expect(record).toMatchObject({ status: 'cancelled', finishedAt: start });
    expect([...started, ...logs]).toEqual([]);
  });
});

describe('what a handler is given', () => {
  it('its payload, who it is, which attempt, the settings', async () => {
    const seen: unknown[] = [];
    const { job } = await runOnce(
      async (payload, { id, tenant, attempt, settings }) =>
        void seen.push({ payload, id, tenant, attempt, settings }),
      { attempt: 2, attemptsLeft: 3 },
      { payload: { deep: [1, 'ü'] }, settings: { allowPrivateAddresses: true } },
    );
    expect(seen).toEqual([
      {
        payload: { deep: [1, 'ü'] },
        id: job.sk,
        tenant: 'acme',
        attempt: 3,
        settings: { allowPrivateAddresses: true },
      },
    ]);
  });

  it('a log that names the job, whatever the handler says', async () => {
    const { logs, job } = await runOnce(async (_, { log }) =>
      log('half way', { rows: 5, job_id: 'another' }),
    );
    expect(logs).toEqual([
      { message: 'half way', fields: { rows: 5, job_id: job.sk, type: 'echo', attempt: 1 } },
    ]);
  });

  it('objects of its own tenant, and no other', async () => {
    const asked: string[][] = [];
    const handler: Handler = async (_, { read }) => {
      for await (const chunk of await read('in/data.csv')) return Buffer.from(chunk).toString();
    };
    const { record, world } = await runOnce(
      handler,
      {},
      {
        readObject: async (tenant, key) => {
          asked.push([tenant, key]);
          return (async function* () {
            yield Buffer.from('a,b');
          })();
        },
      },
    );
    expect(asked).toEqual([['acme', 'in/data.csv']]);
    const as = { tenant: 'acme', jobId: record.sk, field: 'result', fence: 1 } as const;
    expect(await world.vault.open(record.result!, as)).toBe('a,b');
  });

  it.each(['../globex/secret', 'a/../../globex', '..'])(
    'the key %s is refused before anything is read',
    async (key) => {
      const asked: string[] = [];
      const { record } = await runOnce(
        (_, { read }) => read(key),
        {},
        {
          readObject: async (_tenant, each) => void asked.push(each) as undefined,
        },
      );
      expect(record).toMatchObject({ status: 'failed', lastError: { code: 'validation' } });
      expect(asked).toEqual([]);
    },
  );

  it('an object that is not there fails the job for good', async () => {
    const { record } = await runOnce((_, { read }) => read('a..b/nothing.csv'));
    expect(record).toMatchObject({ status: 'failed', lastError: { code: 'validation' } });
  });
});
