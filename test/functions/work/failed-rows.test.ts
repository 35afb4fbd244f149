import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../core/state.ts';
import { type JobRecord, never } from '../../../core/table.ts';
import { aJob } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

/** What a pointer's receiver does, and what stands afterwards. */
interface Line {
  found: Partial<JobRecord> & { status?: JobState };
  /** Where the pointer came from; `normal` if not said. */
  lane?: string;
  /** It is the message that the job was claimed through. */
  same?: boolean;
  /** Seconds until each of the lane's pointers is seen; none for an acknowledged one. */
  stays: number[];
  /** Pointers elsewhere: lane → seconds. */
  sent?: Record<string, number[]>;
  /** What differs on the record; nothing if not said. */
  becomes?: Partial<JobRecord>;
}

const over = { status: 'running', availableAt: start - 1 } as const;
const spent = { attempt: 5, attemptsLeft: 0 };
const failed = (cause: string) => ({
  status: 'failed' as const,
  finishedAt: start,
  lastError: { code: cause, cause, attempt: 5, at: start } as JobRecord['lastError'],
});

const lines: Record<string, Line> = {
  'a tombstone → drop': { found: { status: 'void' as never }, stays: [] },
  'completed → drop': { found: { status: 'completed' }, stays: [] },
  'failed → drop': { found: { status: 'failed' }, stays: [] },
  'cancelled → drop': { found: { status: 'cancelled' }, stays: [] },
  'running, lease alive, this message → hidden until the lease is over + 10 s': {
    found: { status: 'running', availableAt: start + 20_500 },
    same: true,
    stays: [31],
  },
  'running, lease alive, another message → drop': { found: { status: 'running' }, stays: [] },
  'running, lease alive, in quarantine → hidden until the lease is over + 10 s': {
    found: { status: 'running' },
    lane: 'quarantine',
    stays: [75],
  },
  'lease over, cancel asked for → cancelled': {
    found: { ...over, cancelRequestedAt: start },
    stays: [],
    becomes: { status: 'cancelled', finishedAt: start, availableAt: start },
  },
  'lease over, attempts left → a pointer to quarantine, then drop': {
    found: over,
    stays: [],
    sent: { quarantine: [0] },
  },
  'lease over, only the shared attempt left → a pointer to quarantine': {
    found: { ...over, ...spent, shared: 10 },
    stays: [],
    sent: { quarantine: [0] },
  },
  'lease over, attempts left, in quarantine → taken over and run': {
    found: { ...over, shared: 1 },
    lane: 'quarantine',
    stays: [],
    becomes: { status: 'completed', fence: 2, attempt: 2, attemptsLeft: 3, owner: 'owner-1' },
  },
  'lease over, shared, in quarantine → taken over with its attempt back': {
    found: { ...over, ...spent, shared: 10 },
    lane: 'quarantine',
    stays: [],
    becomes: { status: 'completed', fence: 2, attempt: 5, attemptsLeft: 0, shared: 1 },
  },
  'lease over, none left → failed: lease lost': {
    found: { ...over, ...spent, shared: 1 },
    stays: [],
    becomes: failed('lease_lost'),
  },
  'lease over, one attempt in all, shared → failed: it was promised one start': {
    found: { ...over, attempt: 1, attemptsLeft: 0, shared: 10 },
    lane: 'quarantine',
    stays: [],
    becomes: { ...failed('lease_lost'), lastError: { ...failed('lease_lost').lastError!, attempt: 1 } },
  },
  'waiting, none left → failed: attempts exhausted': {
    found: { status: 'retrying', availableAt: start, ...spent },
    stays: [],
    becomes: failed('attempts_exhausted'),
  },
  'due in 60 s → hidden until due': {
    found: { status: 'retrying', availableAt: start + 60_000 },
    stays: [60],
  },
  'due in a second and a bit → hidden whole seconds, not before its time': {
    found: { status: 'scheduled', availableAt: start + 1_001 },
    stays: [2],
  },
  'due later, with an entry → drop: release owns it': {
    found: { status: 'scheduled', availableAt: start + 60_001, attention: 'due#01', attentionAt: start },
    stays: [],
  },
  'parked → drop': {
    found: { gate: 'tenant', availableAt: never, attention: 'due#01', attentionAt: start },
    stays: [],
  },
  'due later, no entry → a fresh pointer at its time, in its own lane': {
    found: { status: 'scheduled', priority: 9, availableAt: start + 60_001 },
    stays: [],
    sent: { critical: [61] },
  },
  'due in more than 15 minutes, no entry → an entry': {
    found: { status: 'scheduled', availableAt: start + 901_000 },
    stays: [],
    becomes: { attention: 'of its id', attentionAt: start + 1_000 },
  },
};

describe('a failed claim shows', () => {
  for (const [name, line] of Object.entries(lines)) {
    it(name, async () => {
      const { world, job, lane } = await found(line);
      await worker(world).invoke(lane);
      const waits = (each: string) => world.lanes.waiting(each).map(({ inSeconds }) => inSeconds);
      expect(waits(lane)).toEqual(line.stays);
      for (const other of ['critical', 'high', 'normal', 'low', 'quarantine'].filter((each) => each !== lane))
        expect(waits(other), other).toEqual(line.sent?.[other] ?? []);
      const { attention, ...becomes } = line.becomes ?? {};
      expect(world.store.peek(job.sk)).toMatchObject(becomes);
      if (attention !== undefined) expect(world.store.peek(job.sk)?.attention).toMatch(/^due#\d\d$/);
      if (line.becomes === undefined) expect(world.store.peek(job.sk)).toEqual(job);
    });
  }
});

async function found({ found: fields, same, lane = 'normal' }: Line) {
  const world = aWorld();
  const job = await world.job('a payload', same ? { ...fields, message: 'message-1' } : fields);
  world.point(lane, job);
  return { world, job, lane };
}

describe('a pointer to nothing', () => {
  const lost = async (ageMs: number, receives = 1) => {
    const world = aWorld();
    const job = aJob();
    world.point('normal', job);
    await world.clock.advance(ageMs);
    for (let times = 1; times < receives; times++) {
      world.lanes.receive('normal');
      await world.clock.advance(75_000);
    }
    const { invoke, counts } = worker(world);
    return { world, job, invoke, counts };
  };

  it('young and seen once → hidden 1 s', async () => {
    const { world, job, invoke } = await lost(59_999);
    await invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 1 }]);
    expect(world.store.all()).toEqual([]);
  });

  it('young and seen before → hidden 5 s', async () => {
    const world = aWorld();
    const job = aJob();
    world.point('normal', job);
    const { invoke } = worker(world);
    await invoke('normal');
    await world.clock.advance(1_000);
    await invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 5 }]);
  });

  it('a minute old → a tombstone, counted, then drop', async () => {
    const { world, job, invoke, counts } = await lost(60_000);
    await invoke('normal');
    expect(world.store.peek(job.sk)).toMatchObject({ status: 'void', expiresAt: 1_797_933_660 });
    expect(world.lanes.waiting('normal')).toEqual([]);
    expect(counts).toMatchObject({ tombstones: 1 });
  });

  it('whose record comes just before the tombstone → comes back and is claimed', async () => {
    const { world, job, invoke } = await lost(60_000);
    const { insert } = world.store;
    world.store.insert = async (records) => {
      await world.job('late', { sk: job.sk, pk: job.pk });
      return insert(records);
    };
    await invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 1 }]);
    await world.clock.advance(1_000);
    await invoke('normal');
    expect(world.store.peek(job.sk)?.status).toBe('completed');
  });

  it('a throttled tombstone → comes back', async () => {
    const { world, invoke } = await lost(60_000);
    const { change } = world.store;
    world.store.change = async (changes) => {
      const answers = await change(changes);
      world.store.throttle(1);
      return answers;
    };
    await invoke('normal');
    expect(world.lanes.waiting('normal').map((each) => each.inSeconds)).toEqual([5]);
  });

  it('a tombstone whose answer was lost → drop', async () => {
    const { world, invoke } = await lost(60_000);
    world.faults.sendTwice('insert');
    await invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([]);
  });
});

describe('what follows a failed claim, failing itself', () => {
  it('quarantine does not take the pointer → the old one comes back in 5 s', async () => {
    const { world, job } = await found({ found: over, stays: [] });
    world.lanes.refuse(1);
    await worker(world).invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 5 }]);
  });

  it('a fresh pointer is not taken → the old one comes back in 5 s', async () => {
    const { world, job } = await found({
      found: { status: 'scheduled', availableAt: start + 90_000 },
      stays: [],
    });
    world.lanes.refuse(1);
    await worker(world).invoke('normal');
    expect(world.lanes.waiting('normal')).toEqual([{ job: job.sk, inSeconds: 5 }]);
  });

  it.each([
    ['lease lost', { ...over, ...spent }, 'normal'],
    ['take over', over, 'quarantine'],
    ['wait for release', { status: 'scheduled' as const, availableAt: start + 5_000_000 }, 'normal'],
  ])('%s: overtaken by another write → nothing changed, judged anew in a second', async (_, fields, lane) => {
    const { world, job } = await found({ found: fields, lane, stays: [] });
    const { change } = world.store;
    world.store.change = async (changes) => {
      const answers = await change(changes);
      world.store.put({ ...job, fence: job.fence + 1, status: 'running', availableAt: start + 60_000 });
      return answers;
    };
    await worker(world).invoke(lane);
    expect(world.lanes.waiting(lane)).toEqual([{ job: job.sk, inSeconds: 1 }]);
    expect(world.store.peek(job.sk)).toMatchObject({ fence: job.fence + 1, status: 'running' });
  });

  it.each([
    ['take over', { ...over, shared: 1 }, 'quarantine', { status: 'completed', fence: 2, attempt: 2 }],
    ['lease lost', { ...over, ...spent, shared: 1 }, 'normal', { status: 'failed' }],
  ])('%s: its answer lost → its own all the same', async (_, fields, lane, becomes) => {
    const { world, job } = await found({ found: fields, lane, stays: [] });
    for (let call = 0; call < 2; call++) world.faults.sendTwice('change');
    await worker(world).invoke(lane);
    expect(world.store.peek(job.sk)).toMatchObject(becomes);
    expect(world.lanes.waiting(lane)).toEqual([]);
  });

  it('one row’s follow-up throwing leaves the claimed jobs beside it alone', async () => {
    const world = aWorld();
    const [good, lost] = [await world.job('good'), await world.job('lost', over)];
    world.point('normal', good, lost);
    world.faults.throwBefore('deliver');
    const { invoke, errors } = worker(world);
    await invoke('normal');
    expect(world.store.peek(good.sk)?.status).toBe('completed');
    expect(world.lanes.waiting('normal')).toEqual([{ job: lost.sk, inSeconds: 5 }]);
    expect(errors).toHaveLength(1);
  });
});
