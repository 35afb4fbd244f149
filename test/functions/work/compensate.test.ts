import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type Compensate, defineJob, type Run } from '../../../core/define.ts';
import { worker } from '../../support/worker.ts';
import { aWorld } from '../../support/world.ts';

const link = '019ab0c5-5d00-7000-8000-000000000001#0#0';

/** Runs one job of type `greet`; which handler was asked for, and what it was given. */
async function greet(payload: unknown, workflow: string) {
  const world = aWorld();
  const job = await world.job(payload, { type: 'greet', workflow });
  world.point('normal', job);
  const asked: [string, boolean][] = [];
  const given: unknown[] = [];
  const handlerOf = async (type: string, undoes: boolean): Promise<Run<never, unknown>> => {
    asked.push([type, undoes]);
    return async (what) => void given.push(what);
  };
  await worker(world, undefined, { handlerOf }).invoke('normal');
  return { asked, given, record: world.store.peek(job.sk) };
}

it('a job of a node is run by its type’s handler', async () => {
  const { asked, given } = await greet({ name: 'Ada' }, link);
  expect(asked).toEqual([['greet', false]]);
  expect(given).toEqual([{ name: 'Ada' }]);
});

it('a job that undoes a node is given to the handler that undoes, with payload and result', async () => {
  const both = { payload: { name: 'Ada' }, result: 'Hello Ada' };
  const { asked, given, record } = await greet(both, `${link}#undo`);
  expect(asked).toEqual([['greet', true]]);
  expect(given).toEqual([both]);
  expect(record?.status).toBe('completed');
});

it.each([[{ payload: { name: 1 }, result: 'Hello' }], [{ payload: { name: 'Ada' }, result: 1 }]])(
  'both are checked against the type’s schemas: %j',
  async (both) => {
    const { given, record } = await greet(both, `${link}#undo`);
    expect(given).toEqual([]);
    expect(record).toMatchObject({ status: 'failed', lastError: { code: 'invalid_payload' } });
  },
);

it('what undoes is typed by the contract, and only a type that compensates has it', () => {
  const booking = {
    type: 'book',
    queue: 'default',
    payload: z.object({ seat: z.int() }),
    result: z.object({ ticket: z.string() }),
    timeoutSeconds: 10,
    retry: { maxAttempts: 1 },
  } as const;
  const undo = defineJob({ ...booking, compensates: true }).compensate(
    async ({ seat }, { ticket }) => `${seat + 1}${ticket.toUpperCase()}`,
  );
  // @ts-expect-error a ticket is text
  defineJob({ ...booking, compensates: true }).compensate(async (_, { ticket }) => ticket + 1 - 1);
  // @ts-expect-error it says nothing of compensating
  expect(defineJob(booking).compensate).toBeTypeOf('function');
  expect(undo satisfies Compensate<{ seat: number }, { ticket: string }>).toBeTypeOf('function');
});
