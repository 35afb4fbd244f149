import { describe, expect, test } from 'vitest';
import { advanceWorkflow } from '../../../functions/advance/advance.ts';
import { tenant, workflowId } from '../advance/workflow-world.ts';
import { fan, type It, jobOf, keysAndStates, links, refused, running, task } from './adding.ts';

describe('added again', () => {
  test('by a later attempt: nothing is', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.enqueueFor(jobOf(it, 0))(fan.toReversed());
    await it.advance();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
    expect(await it.finish()).toBe('completed');
    expect(links(it)).toHaveLength(6);
  });

  test('with another content: refused, nothing is added', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await refused(/\/nodes\/1\/key was added before with another content/)(
      it.enqueueFor(jobOf(it, 0))([task('d'), task('a', { priority: 9 })]),
    );
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
  });

  test('by two attempts at once, whose calls mix: each node is there once', async () => {
    const it = await running();
    const [one, two] = [it.enqueueFor(jobOf(it, 0)), it.enqueueFor(jobOf(it, 0))];
    await Promise.all([
      one([task('a'), task('b')]),
      two([task('a')]),
      two([task('b'), task('c')]),
      one([task('c'), task('d')]),
    ]);
    await it.advance();
    expect((await keysAndStates(it)).slice(2).sort()).toEqual([
      'list/a running',
      'list/b running',
      'list/c running',
      'list/d running',
    ]);
  });

  test.each(['addNodes', 'raise', 'handBack'])('%s was carried out and its answer lost', async (method) => {
    const it = await running();
    it.world.faults.throwAfter(method);
    const enqueue = it.enqueueFor(jobOf(it, 0));
    await enqueue(fan).catch(() => {});
    await enqueue(fan);
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
  });

  test('by an element that an advance appended before it died: a process that knows fewer nodes reads them anew', async () => {
    const it = await running([task('list'), task('each', { map: { over: { node: 'list' } } })]);
    await it.end(jobOf(it, 0), 'completed', [1]);
    await it.publishAll();
    it.world.faults.throwBefore('saveStates');
    await expect(it.advance({ fresh: true })).rejects.toThrow();
    await it.enqueueFor(jobOf(it, 2))([task('a')]);
    await it.advance();
    expect(await it.letters()).toBe('crrr');
  });

  test('a write that the SDK sends twice', async () => {
    const it = await running();
    it.world.faults.sendTwice('addNodes');
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
  });
});

describe('a retry of the workflow', () => {
  test('all: what was added is begun anew with its adder, or after it', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    expect(await it.finish([2])).toBe('failed');
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
    await it.end(jobOf(it, 0), 'completed');
    await it.publishAll();
    await it.advance();
    expect(await it.letters()).toBe('crrrrw');
    expect(await it.finish()).toBe('completed');
  });

  test('all, and the same is added again', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    expect(await it.finish([1])).toBe('failed');
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    await it.advance();
    await it.enqueueFor(jobOf(it, 0))([...fan, task('new')]);
    await it.advance();
    expect(await it.letters()).toBe('rwrrwwr');
    expect(await it.finish()).toBe('completed');
    const begun = links(it).filter((each) => /^[26]#/.test(each));
    expect(begun).toEqual(['2#0', '2#1000', '6#1000']);
  });

  test('all, and the advance dies that took in what was added: they are begun once, in that round', async () => {
    const it = await running();
    await it.finish([1]);
    await it.call('retryWorkflow', { json: { mode: 'all' } });
    await it.advance();
    await it.enqueueFor(jobOf(it, 0))([task('new')]);
    it.world.faults.throwBefore('saveStates');
    await it.advance().catch(() => {});
    expect(await it.letters()).toBe('rw');
    await it.advance({ fresh: true });
    expect(await it.letters()).toBe('rwr');
    expect(links(it).filter((each) => each.startsWith('2#'))).toEqual(['2#1000']);
  });

  test('failed: what its adder added and does not wait for it stays done', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    await it.end(jobOf(it, 2), 'completed');
    await it.end(jobOf(it, 3), 'completed');
    await it.end(jobOf(it, 0), 'failed');
    await it.publishAll();
    await it.advance();
    expect([await it.letters(), it.item()?.status]).toEqual(['fxccxx', 'failed']);
    await it.call('retryWorkflow');
    await it.advance();
    expect(await it.letters()).toBe('rwccww');
    expect(await it.finish()).toBe('completed');
  });
});

describe('a process that dies', () => {
  /** `list` adds and ends; a death is followed by another attempt, or by the advance's repeat in another container. */
  async function through(die?: { at: number }): Promise<{ it: It; moments: number }> {
    const it = await running();
    const { faults } = it.world;
    let [alive, moments] = [true, 0];
    const mortal = async (what: (fresh: boolean) => Promise<unknown>) => {
      const before = faults.moments();
      if (die !== undefined && alive) faults.crashAt(before - moments + die.at);
      const died = await what(false).then(
        () => false,
        () => true,
      );
      moments += faults.moments() - before;
      alive &&= die === undefined || moments < die.at;
      faults.restart();
      if (died) await what(true);
    };
    await mortal(() => it.enqueueFor(jobOf(it, 0))(fan.slice(0, 2)));
    await mortal((fresh) => it.advance({ fresh }));
    await mortal(() => it.enqueueFor(jobOf(it, 0))(fan));
    await mortal((fresh) => it.advance({ fresh }));
    await it.end(jobOf(it, 0), 'completed');
    await it.publishAll();
    await mortal((fresh) => it.advance({ fresh }));
    await it.finish();
    return { it, moments };
  }

  test('at any moment of adding and of taking in: the end is the same, and each node has one job', async () => {
    const whole = await through();
    const expected = [await whole.it.letters(), whole.it.item()?.status, links(whole.it)];
    expect(expected).toEqual(['cccccc', 'completed', ['0#0', '1#0', '2#0', '3#0', '4#0', '5#0']]);
    for (let at = 1; at <= whole.moments; at++) {
      const { it } = await through({ at });
      expect([await it.letters(), it.item()?.status, links(it)], `moment ${at}`).toEqual(expected);
    }
    expect(whole.moments).toBeGreaterThan(60);
  }, 60_000);

  test('in one container, after it took them in and their news away: another one knows of them', async () => {
    const it = await running();
    await it.enqueueFor(jobOf(it, 0))(fan);
    let reads = 0;
    const overtaken = {
      ...it.workflows,
      rest: async () => false,
      get: async (...given: Parameters<typeof it.workflows.get>) => {
        if (reads++ > 0) throw new Error('the process died');
        return it.workflows.get(...given);
      },
    };
    const input = { tenant, workflow: workflowId, token: 'other', execution: workflowId, waitSeconds: 60 };
    const died = advanceWorkflow({ ...it.deps, workflows: overtaken })({ ...input, timedOut: false });
    await expect(died).rejects.toThrow('the process died');
    expect(it.item()).toMatchObject({ nodes: 2, changes: 1 });
    expect(it.item()?.unread).toBeUndefined();
    expect(await it.finish()).toBe('completed');
    expect(await it.letters()).toBe('cccccc');
  });

  test('for good, between keeping and telling: nothing was added', async () => {
    const it = await running();
    it.world.faults.throwBefore('raise');
    await it
      .enqueueFor(jobOf(it, 0))(fan)
      .catch(() => {});
    await it.end(jobOf(it, 0), 'failed');
    await it.publishAll();
    await it.advance();
    expect([await it.letters(), it.item()?.status]).toEqual(['fx', 'failed']);
    // Begun anew, it finds what it kept.
    await it.call('retryWorkflow');
    await it.advance();
    await it.enqueueFor(jobOf(it, 0))(fan);
    await it.advance();
    expect(await it.letters()).toBe('rwrrww');
    expect(await it.finish()).toBe('completed');
  });
});
