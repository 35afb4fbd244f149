import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld, type World } from '../../support/world.ts';

const fails = async () => {
  throw new Error('try again');
};

/** One job in lane `normal`, taken by a worker of this handler. */
async function invoked(handler: (world: World, job: JobRecord) => unknown, fields: Partial<JobRecord> = {}) {
  const world = aWorld();
  const job = await world.job('a payload', fields as { status?: 'pending' });
  world.point('normal', job);
  const working = worker(world, async () => handler(world, job));
  const answer = await working.invoke('normal');
  return { ...working, world, job, answer, record: () => world.store.peek(job.sk)! };
}
const writes = (world: World) => world.faults.calls.filter((each) => /change|put|deliver|hide/.test(each));

describe('a retry', () => {
  it('is settled, then sent, then the old message goes', async () => {
    const { world, answer } = await invoked(fails);
    expect(writes(world)).toEqual(['change 1', 'putItems 1', 'change 1', 'deliver 1']);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(world.lanes.waiting('normal').map((each) => each.inSeconds)).toEqual([30]);
  });

  it('stays in its own lane', async () => {
    const world = aWorld();
    const job = await world.job(1, { priority: 1 });
    world.point('normal', job);
    await worker(world, fails).invoke('normal');
    expect(world.lanes.waiting('low')).toEqual([{ job: job.sk, inSeconds: 30 }]);
  });

  it.each(['refused', 'throwing'])(
    'whose pointer is not taken (%s): the old message stays, and is its pointer',
    async (how) => {
      const { world, job, answer, record, invoke } = await invoked((here) => {
        if (how === 'refused') here.lanes.refuse(1);
        else here.faults.throwBefore('deliver');
        return fails();
      });
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
      expect(record()).toMatchObject({ status: 'retrying', availableAt: start + 30_000 });
      expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 75 }]);
      await world.clock.advance(75_000);
      await invoke('normal');
      expect(record()).toMatchObject({ status: 'retrying', attempt: 2, fence: 2 });
    },
  );

  it('beyond 15 minutes: no pointer, an entry that release finds in time, and the message goes', async () => {
    const { world, answer, record } = await invoked(fails, { attempt: 6, attemptsLeft: 3 });
    expect(record()).toMatchObject({
      status: 'retrying',
      availableAt: start + 1_920_000,
      attention: expect.stringMatching(/^due#\d\d$/),
      attentionAt: start + 1_020_000,
    });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(world.lanes.waiting('normal')).toEqual([]);
  });

  it('ten at once share the calls', async () => {
    const world = aWorld();
    const jobs = await Promise.all(Array.from({ length: 10 }, (_, index) => world.job(index)));
    world.point('normal', ...jobs);
    await worker(world, fails).invoke('normal');
    expect(writes(world)).toEqual(['change 10', 'putItems 10', 'change 10', 'deliver 10']);
  });
});

describe('a settle', () => {
  it('whose answer was lost was this holder’s: the message goes, and is counted once', async () => {
    const { answer, record, counts } = await invoked((world) => world.faults.sendTwice('change'));
    expect(record().status).toBe('completed');
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(counts).toMatchObject({ completed: 1 });
  });

  it('of a retry whose answer was lost still sends the pointer', async () => {
    const { world, answer } = await invoked((here) => {
      here.faults.sendTwice('change');
      return fails();
    });
    expect(world.lanes.waiting('normal').map((each) => each.inSeconds)).toEqual([30]);
    expect(answer).toEqual({ batchItemFailures: [] });
  });

  it.each([
    ['another attempt runs', { status: 'running' as const, fence: 2, owner: 'another' }],
    ['another attempt has finished', { status: 'completed' as const, fence: 2 }],
    ['a person reopened it', { status: 'pending' as const, owner: undefined }],
    ['bury gave it up', { status: 'failed' as const, owner: undefined }],
    ['it has gone', undefined],
  ])('that comes too late (%s) changes nothing and acknowledges nothing', async (_, fields) => {
    let stands: JobRecord | undefined;
    const { answer, record, counts } = await invoked((world, job) => {
      if (fields === undefined) world.store.remove(job.sk);
      else world.store.put({ ...running(world, job), ...fields } as JobRecord);
      stands = world.store.peek(job.sk);
    });
    expect(record()).toEqual(stands);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(counts).toEqual({ unreadable: 0 });
  });

  it('that cannot be sent: the message comes back with its lane', async () => {
    const { world, job, record, answer } = await invoked((here) => void here.faults.throwBefore('change'));
    expect(record().status).toBe('running');
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 75 }]);
  });

  it.each([
    ['once: sent again half a second later', 1, 500, 'completed', []],
    ['for seconds: sent again and again', 3, 4_000, 'completed', []],
    ['for as long as the function lives: the message comes back', 1_000, 45_000, 'running', ['message-1']],
  ])('that is throttled %s', async (_, throttles, afterMs, status, stay) => {
    const world = aWorld();
    const job = await world.job();
    world.point('normal', job);
    const invoked = worker(world, async () => world.store.throttle(throttles)).invoke('normal');
    await world.clock.advance(afterMs);
    expect((await invoked).batchItemFailures.map((each) => each.itemIdentifier)).toEqual(stay);
    expect(world.store.peek(job.sk)?.status).toBe(status);
  });

  it('of a retry that meets a cancel: cancelled, and no pointer', async () => {
    const { world, answer, record, counts } = await invoked((here, job) => {
      here.store.put({ ...running(here, job), cancelRequestedAt: start });
      return fails();
    });
    expect(record()).toMatchObject({ status: 'cancelled', finishedAt: start });
    expect(world.lanes.waiting('normal')).toEqual([]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(counts).not.toHaveProperty('retried');
  });

  it('of a job that returned although a cancel came: completed', async () => {
    const { record } = await invoked((world, job) => {
      world.store.put({ ...running(world, job), cancelRequestedAt: start });
    });
    expect(record().status).toBe('completed');
  });

  it('of a job with an entry takes the entry off', async () => {
    const { record } = await invoked(() => 1, { attention: 'due#05', attentionAt: start, attentionStep: 2 });
    expect(record()).not.toHaveProperty('attention');
    expect(record()).not.toHaveProperty('attentionAt');
    expect(record()).not.toHaveProperty('attentionStep');
  });
});

describe('what an attempt threw', () => {
  it('is kept for every attempt, in order, and readable with the tenant’s key alone', async () => {
    const { world, job, invoke } = await invoked(() => {
      throw new Error('the card number is 4111');
    });
    await world.clock.advance(30_000);
    await invoke('normal');
    expect(await world.vault.listErrors('acme', job.sk)).toMatchObject([
      { attempt: 1, at: '2026-11-22T10:00:00.000Z', message: 'the card number is 4111' },
      { attempt: 2, at: '2026-11-22T10:00:30.000Z' },
    ]);
    const [item] = await world.sealed.listItems(job.sk, 'error#');
    expect(Buffer.from(item!.data).includes('4111')).toBe(false);
    await expect(world.vault.listErrors('globex', job.sk)).rejects.toThrow();
  });

  it('and cannot be kept, is said in the log, and the job goes on all the same', async () => {
    const { world, record, answer, errors } = await invoked((here) => {
      here.faults.throwBefore('putItems');
      return fails();
    });
    expect(record().status).toBe('retrying');
    expect(world.lanes.waiting('normal').map((each) => each.inSeconds)).toEqual([30]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(errors).toEqual(['what an attempt threw could not be kept']);
  });
});

/** The record as the claim left it. */
function running(world: World, job: JobRecord): JobRecord {
  return world.store.peek(job.sk) as JobRecord;
}
