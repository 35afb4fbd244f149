import { expect, test } from 'vitest';
import type { JobContext } from '../../../core/define.ts';
import type { EnqueueOf } from '../../../functions/work/enqueue.ts';
import { type Handler, runOnce } from './run-once.ts';

/** What adds nodes waits for its turn, looks whether the attempt is over, and adds. */
async function added(handler: Handler) {
  const taken: unknown[] = [];
  const turn = Promise.withResolvers<void>();
  const enqueueOf: EnqueueOf = (_, signal) => async (nodes) => {
    await turn.promise;
    signal.throwIfAborted();
    taken.push(...nodes);
  };
  const it = await runOnce(handler, {}, { enqueueOf });
  return { ...it, taken, turn };
}

const nodes = [{ key: 'a', type: 'task' }];

test('called once the handler has returned, it is refused, and the log says so', async () => {
  let context: JobContext | undefined;
  const it = await added(async (_, job) => {
    context = job;
  });
  expect(it.record.status).toBe('completed');
  it.turn.resolve();
  await expect(context?.enqueue(nodes)).rejects.toThrow(
    'job.enqueue added nothing: the handler has returned; await job.enqueue before it does',
  );
  expect(it.taken).toEqual([]);
  expect(it.logs.map(({ message }) => message)).toContain(
    'job.enqueue was called and not awaited: the handler has returned, and nothing was added',
  );
});

test('not awaited, it adds nothing and fails the job', async () => {
  const it = await added(async (_, job) => {
    void job.enqueue(nodes);
  });
  it.turn.resolve();
  await new Promise(setImmediate);
  expect(it.taken).toEqual([]);
  expect([it.record.status, it.record.lastError?.cause]).toEqual(['failed', 'permanent_error']);
  expect(it.errors.map(({ message }) => message)).toEqual([
    'the handler returned while job.enqueue was still adding nodes: await it',
  ]);
});

test('a handler that failed while it added has failed of that, and adds nothing more', async () => {
  const it = await added(async (_, job) => {
    void job.enqueue(nodes);
    throw new Error('something else');
  });
  it.turn.resolve();
  await new Promise(setImmediate);
  expect(it.taken).toEqual([]);
  expect(it.errors.map(({ message }) => message)).toEqual(['something else']);
});

test('awaited, it adds', async () => {
  const taken: unknown[] = [];
  const enqueueOf: EnqueueOf = (_, signal) => async (given) => {
    signal.throwIfAborted();
    taken.push(...given);
  };
  const it = await runOnce(async (_, job) => job.enqueue(nodes), {}, { enqueueOf });
  expect([it.record.status, taken]).toEqual(['completed', nodes]);
});
