import { describe, expect, test } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { advanceWorkflow } from '../../../functions/advance/advance.ts';
import { aWorkflowWorld, tenant, workflowId } from './workflow-world.ts';

type It = ReturnType<typeof aWorkflowWorld>;

/** Whatever the dead process left: each link has one job, and none is missing. */
function linksOf(it: It): string[] {
  return it.world.store
    .all()
    .filter(({ status }) => status !== 'void')
    .map(({ workflow = '' }) => workflow.replace(`${workflowId}#`, ''))
    .sort();
}

const saga = [
  { key: 'list', type: 'booking' },
  { key: 'each', type: 'booking', map: { over: { node: 'list', pointer: '/items' }, max_concurrency: 2 } },
  { key: 'ok', type: 'task', depends_on: ['each'], when: 'results.each.size() == 3' },
  { key: 'no', type: 'task', depends_on: ['each'], when: 'results.each.size() == 9' },
  { key: 'ship', type: 'task', depends_on: ['ok'], on_failure: 'compensate' },
];

/** Ends what lives: the last node fails, the first gives the list. */
async function endAll(it: It): Promise<void> {
  for (const record of it.live()) {
    const undoes = record.workflow?.endsWith('#undo');
    const fails = it.nodeOf(record) === 4 && !undoes;
    await it.end(record, fails ? 'failed' : 'completed', { items: ['x', 'y', 'z'] });
  }
}

/** From a workflow that was just created to its end; the process dies `at` this moment of its `nth` advance. */
async function through(die?: { nth: number; at: number }): Promise<{ it: It; moments: number[] }> {
  const it = aWorkflowWorld();
  const moments: number[] = [];
  await it.create(saga);
  for (let nth = 0; nth < 20 && it.item()?.status === 'running'; nth++) {
    const before = it.world.faults.moments();
    if (nth === die?.nth) it.world.faults.crashAt(before + die.at);
    const died = await it.advance().then(
      () => false,
      () => true,
    );
    moments.push(it.world.faults.moments() - before);
    it.world.faults.restart();
    // Step Functions calls a function that died once more.
    if (died) await it.advance();
    await endAll(it);
    await it.publishAll();
  }
  return { it, moments };
}

describe('an advance that dies', () => {
  test('at any moment: the end is the same, and each node has one job', async () => {
    const whole = await through();
    const expected = [await whole.it.letters(), whole.it.item()?.status, linksOf(whole.it)];
    expect(expected).toEqual([
      'dccsfddd',
      'compensated',
      ['0#0', '0#0#undo', '2#0', '4#0', '5#0', '5#0#undo', '6#0', '6#0#undo', '7#0', '7#0#undo'],
    ]);
    let deaths = 0;
    for (const [nth, moments] of whole.moments.entries()) {
      for (let at = 1; at <= moments; at++) {
        const { it } = await through({ nth, at });
        expect([await it.letters(), it.item()?.status, linksOf(it)], `advance ${nth}, moment ${at}`).toEqual(
          expected,
        );
        deaths++;
      }
    }
    expect(deaths).toBeGreaterThan(100);
  }, 60_000);
});

describe('a call of a person that dies', () => {
  test('a retry: said again, or found by the watch, it goes on as one', async () => {
    const failed = async () => {
      const it = aWorkflowWorld();
      await it.create([
        { key: 'a', type: 'task' },
        { key: 'b', type: 'task', depends_on: ['a'] },
      ]);
      await it.advance();
      await it.finish([1]);
      return it;
    };
    for (let at = 1; at <= 14; at++) {
      const it = await failed();
      it.world.faults.crashAt(it.world.faults.moments() + at);
      await it.call('retryWorkflow').catch(() => {});
      it.world.faults.restart();
      if (it.item()?.status !== 'running' || at % 2 === 0) await it.call('retryWorkflow');
      else {
        await it.world.clock.advance(24 * 60 * 60_000);
        await it.watch();
      }
      await it.advance();
      expect(await it.finish(), `moment ${at}`).toBe('completed');
      expect(linksOf(it), `moment ${at}`).toEqual(['0#0', '1#0', '1#1000']);
    }
  });
});

describe('a node that settles between the read and the token', () => {
  const chain = [
    { key: 'a', type: 'task' },
    { key: 'b', type: 'task', depends_on: ['a'] },
  ];

  /** The job of the first node ends, and tells, while the advance is about to rest. */
  async function settlesInBetween(forgets: boolean) {
    const it = aWorkflowWorld();
    await it.create(chain);
    const { workflows } = it;
    let told = false;
    const rest: typeof workflows.rest = async (seen, change) => {
      if (!told) {
        told = true;
        await it.end(it.live()[0] as JobRecord, 'completed');
        await it.publishAll();
        // The planted fault: the token is stored over whatever came in between.
        const now = await workflows.get(tenant, workflowId);
        if (forgets && now !== undefined) return workflows.rest(now, change);
      }
      return workflows.rest(seen, change);
    };
    const { outcome, rounds } = await advanceWorkflow({ ...it.deps, workflows: { ...workflows, rest } })({
      tenant,
      workflow: workflowId,
      token: 'token-1',
      execution: workflowId,
      waitSeconds: 60,
      timedOut: false,
    });
    return { it, outcome, rounds };
  }

  test('is not missed: the advance goes round once more', async () => {
    const { it, outcome, rounds } = await settlesInBetween(false);
    expect([outcome, rounds, await it.letters()]).toEqual(['resting', 2, 'cr']);
  });

  test('planted: with a token stored whatever came, the workflow rests although its next node could start', async () => {
    const { it, outcome } = await settlesInBetween(true);
    expect([outcome, await it.letters()]).toEqual(['resting', 'rw']);
    expect(it.live()).toEqual([]);
    expect(it.executions.answers.has('token-1')).toBe(false);
    // Nothing but the wait's own end would find it.
    await it.advance({ timedOut: true });
    expect(await it.letters()).toBe('cr');
  });
});
