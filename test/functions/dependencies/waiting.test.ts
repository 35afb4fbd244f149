import { describe, expect, it } from 'vitest';
import { start } from '../../support/clock.ts';
import { aWaitingWorld } from './waiting-world.ts';

describe('a job that waits', () => {
  it('runs as soon as the last of its dependencies has ended, without release', async () => {
    const it = aWaitingWorld();
    const [a, b] = [
      await it.job({}, { delay_seconds: 20 }),
      await it.job({ fails: true }, { delay_seconds: 40 }),
    ];
    const child = await it.job({}, { dependencies: [a, { id: b, on_failure: 'continue' }] });
    await it.work();
    expect((await it.manage('getJob', child)).body.waits_for).toEqual([
      { id: a, status: 'scheduled' },
      { id: b, status: 'scheduled' },
    ]);
    await it.world.clock.advance(20_000);
    await it.work();
    expect((await it.manage('getJob', child)).body.waits_for).toEqual([{ id: b, status: 'scheduled' }]);
    await it.world.clock.advance(20_000);
    await it.work();
    expect(it.statuses(a, b, child)).toEqual(['completed', 'failed', 'pending']);
    expect(it.record(child).attentionAt).toBe(start + 100_000);
    await it.work();
    expect(it.statuses(child)).toEqual(['completed']);
    expect((await it.manage('getJob', child)).body).not.toHaveProperty('waits_for');
  });

  it('for one that runs already and ends unheard: looks again after 5 s', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({ takesMs: 1_900 });
    const running = it.invoke('normal');
    await it.world.clock.advance(1_000);
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    expect(it.world.lanes.waiting('normal')).toContainEqual({ job: child, inSeconds: 5 });
    await it.world.clock.advance(900);
    await running;
    await it.work();
    expect(it.statuses(parent, child)).toEqual(['completed', 'waiting_dependencies']);
    await it.world.clock.advance(4_100);
    await it.work();
    expect(it.statuses(child)).toEqual(['pending']);
  });

  it('for one that ends between the look at it and the note on it: the note is refused, and it looks again', async () => {
    const it = aWaitingWorld();
    const { store } = it.world;
    const parent = await it.job({}, { delay_seconds: 600 });
    const child = await it.job({}, { dependencies: [parent] });
    const { change } = store;
    store.change = async (changes) => {
      if (changes.some(({ set }) => set.watchers !== undefined)) {
        store.change = change;
        store.put({ ...it.record(parent), status: 'completed', finishedAt: start });
      }
      return change(changes);
    };
    await it.work();
    expect(it.statuses(child)).toEqual(['pending']);
    expect(it.record(parent)).not.toHaveProperty('watchers');
  });

  it('is sent once more, where who handed it over could not send the pointer', async () => {
    const it = aWaitingWorld();
    const { faults, lanes, clock } = it.world;
    const parent = await it.job({}, { delay_seconds: 60 });
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    await clock.advance(60_000);
    faults.throwBefore('deliver');
    const over = it.invoke('normal');
    await clock.advance(1_000);
    await over;
    expect(it.statuses(parent, child)).toEqual(['completed', 'pending']);
    expect(lanes.waiting('normal').map(({ job }) => job)).toEqual([child]);
  });

  it('for one that runs already, and long: its settle reads who waits', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({ takesMs: 20_000 });
    const running = it.invoke('normal');
    await it.world.clock.advance(1_000);
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    await it.world.clock.advance(18_999);
    await it.work();
    await it.world.clock.advance(1);
    await running;
    expect(it.statuses(parent, child)).toEqual(['completed', 'pending']);
  });

  it('a delay counts from the end of what it waits for; a time is what it is', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 60 });
    const delayed = await it.job({}, { dependencies: [parent], delay_seconds: 100 });
    const timed = await it.job({}, { dependencies: [parent], run_at: '2026-11-22T11:00:00.000Z' });
    const past = await it.job({}, { dependencies: [parent], run_at: '2026-11-22T10:00:30.000Z' });
    expect((await it.manage('getJob', timed)).body.available_at).toBe('2026-11-22T11:00:00.000Z');
    await it.work();
    await it.world.clock.advance(60_000);
    await it.work();
    const times = [delayed, timed, past].map((id) => [
      it.record(id).status,
      it.record(id).availableAt - start,
    ]);
    expect(times).toEqual([
      ['scheduled', 160_000],
      ['scheduled', 3_600_000],
      ['pending', 60_000],
    ]);
    await it.run(3_700);
    expect(it.statuses(delayed, timed, past)).toEqual(['completed', 'completed', 'completed']);
  });

  it('is cancelled with what it waits for, and so is what waits for it', async () => {
    const it = aWaitingWorld();
    const first = await it.job({}, { delay_seconds: 600 });
    const second = await it.job({}, { dependencies: [first] });
    const third = await it.job({}, { dependencies: [second] });
    const last = await it.job({}, { dependencies: [{ id: third, on_failure: 'continue' }] });
    await it.work();
    await it.manage('cancelJob', first);
    expect(it.statuses(first, second, third, last)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'pending',
    ]);
    expect(it.record(third).lastError?.dependency).toBe(second);
  });

  it('is cancelled by a person at once; what waits for it hears of it', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 30 });
    const child = await it.job({}, { dependencies: [parent] });
    const grandchild = await it.job({}, { dependencies: [child] });
    await it.work();
    const { status, body } = await it.manage('cancelJob', child);
    expect([status, body.status]).toEqual([200, 'cancelled']);
    expect(it.statuses(grandchild)).toEqual(['cancelled']);
    await it.run(60);
    expect(it.statuses(parent, child)).toEqual(['completed', 'cancelled']);
    expect(it.begun).toEqual([parent]);
  });

  it.each(['fails', 'is cancelled'])(
    'each waits for all before it, and the first %s: it is told once, and enough',
    async (how) => {
      const it = aWaitingWorld();
      const ids = [await it.job({ fails: how === 'fails' }, { delay_seconds: 30 })];
      while (ids.length < 10) ids.push(await it.job({}, { dependencies: [...ids] }));
      await it.work();
      const [first = '', ...others] = ids;
      if (how === 'fails') {
        await it.world.clock.advance(30_000);
        await it.work();
        expect(it.world.lanes.waiting('normal').map(({ job }) => job)).not.toContain(first);
      } else expect((await it.manage('cancelJob', first)).status).toBe(200);
      expect(it.record(first).status).toBe(how === 'fails' ? 'failed' : 'cancelled');
      expect(new Set(it.statuses(...others))).toEqual(new Set(['cancelled']));
    },
  );

  it('for the whole of a chain that is cancelled link by link: it is handed over with the last', async () => {
    const it = aWaitingWorld();
    const chain = [await it.job({}, { delay_seconds: 30 })];
    while (chain.length < 10) chain.push(await it.job({}, { dependencies: [chain.at(-1)] }));
    const last = await it.job({}, { dependencies: chain.map((id) => ({ id, on_failure: 'continue' })) });
    await it.work();
    expect((await it.manage('cancelJob', chain[0] as string)).status).toBe(200);
    expect(new Set(it.statuses(...chain))).toEqual(new Set(['cancelled']));
    expect(it.statuses(last)).toEqual(['pending']);
  });

  it('stays cancelled when its dependency is retried; retried itself, it runs at once', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({ fails: true });
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    await it.work();
    expect(it.statuses(parent, child)).toEqual(['failed', 'cancelled']);
    await it.manage('retryJob', parent);
    await it.run(5);
    expect(it.statuses(parent, child)).toEqual(['failed', 'cancelled']);
    await it.manage('retryJob', child);
    await it.work();
    expect(it.statuses(child)).toEqual(['completed']);
  });

  it('100 that wait for one are handed over together', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 60 });
    const children: string[] = [];
    for (let count = 0; count < 100; count++) children.push(await it.job({}, { dependencies: [parent] }));
    for (let count = 0; count < 10; count++) await it.work();
    await it.world.clock.advance(60_000);
    const before = it.world.faults.calls.length;
    await it.work();
    expect(new Set(it.statuses(...children))).toEqual(new Set(['pending']));
    const told = it.world.faults.calls.slice(before);
    expect(told.slice(told.lastIndexOf('change 1'))).toEqual([
      'change 1',
      'get 100',
      'get 1',
      ...Array(4).fill('change 25'),
      'deliver 100',
    ]);
  });
});

describe('what is lost', () => {
  it('the pointer of a waiting job: its entry has it looked after', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 90 });
    const child = await it.job({}, { dependencies: [parent] });
    for (const records = it.world.lanes.receive('normal'); records.length > 0; ) {
      it.world.lanes.finish(records, { batchItemFailures: [] });
      break;
    }
    expect(it.world.lanes.waiting('normal').map(({ job }) => job)).toEqual([parent]);
    await it.run(200);
    expect(it.statuses(parent, child)).toEqual(['completed', 'completed']);
  });

  it('the word of its dependency’s end: its entry has it looked after', async () => {
    const it = aWaitingWorld();
    const parent = await it.job({}, { delay_seconds: 90 });
    const child = await it.job({}, { dependencies: [parent] });
    await it.work();
    // Ended by somebody who told nobody.
    it.world.store.put({ ...it.record(parent), status: 'completed', finishedAt: start });
    await it.run(70);
    expect(it.statuses(child)).toEqual(['completed']);
  });
});
