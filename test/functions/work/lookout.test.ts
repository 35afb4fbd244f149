import { expect, it } from 'vitest';
import type { JobStore } from '../../../core/change.ts';
import { lookout } from '../../../functions/work/lookout.ts';
import { aJob } from '../../support/a-job.ts';

/** A lookout whose timers and reads are ended by hand. */
function byHand() {
  const timers = new Set<() => void>();
  const reads: (() => void)[] = [];
  const get: JobStore['get'] = async (keys) => {
    await new Promise<void>((resolve) => void reads.push(resolve));
    return keys.map(() => aJob({ status: 'running' }));
  };
  const watch = lookout({
    store: { get } as JobStore,
    after(_, callback) {
      timers.add(callback);
      return () => void timers.delete(callback);
    },
    onError: (message) => expect.unreachable(message),
  });
  return {
    timers,
    reads,
    watch: (id: string) => watch(aJob({ status: 'running', sk: id }), () => {}),
    fire(): void {
      const due = [...timers];
      timers.clear();
      for (const each of due) each();
    },
    async answer(): Promise<void> {
      reads.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

it('a job that begins while the record of the last one is still read: one clock, not two', async () => {
  const { timers, reads, watch, fire, answer } = byHand();
  const stop = watch('first');
  fire();
  expect(reads).toHaveLength(1);
  stop();
  watch('second');
  expect(timers.size).toBe(0);
  await answer();
  expect(timers.size).toBe(1);
  fire();
  expect([timers.size, reads.length]).toEqual([0, 1]);
});

it('after the last job nothing is read', async () => {
  const { timers, watch, fire, answer } = byHand();
  const [one, other] = [watch('one'), watch('other')];
  fire();
  one();
  other();
  await answer();
  expect(timers.size).toBe(0);
});
