import { expect, test } from 'vitest';
import type { AwsClients } from './aws.ts';
import { tally } from './invocations.ts';

/** Lines as a worker logs them: two receives, one of which completed nothing. */
const lines = [
  '{"level":"info","message":"work","messages":10,"calls":"BatchExecuteStatement:2","write_units":20,"_aws":{},"JobsCompleted":10}',
  '{"level":"info","message":"work","messages":3,"calls":"BatchExecuteStatement:1 ChangeMessageVisibilityBatch:1","write_units":3}',
  '{"level":"info","message":"work","messages":0,"calls":"","write_units":0}',
];

function logsWith(messages: string[]): { aws: AwsClients; asked: () => unknown } {
  let asked: unknown;
  const send = async (command: { input: unknown }) => {
    asked = command.input;
    return { events: messages.map((message) => ({ message })) };
  };
  return { aws: { logs: { send } } as unknown as AwsClients, asked: () => asked };
}

test('adds up invocations, jobs, calls by kind and write units', async () => {
  const { aws } = logsWith(lines);
  expect(await tally(aws, 'group', { from: 0, to: 1 }, 'completed')).toMatchObject({
    invocations: 3,
    jobs: 10,
    calls: { BatchExecuteStatement: 3, ChangeMessageVisibilityBatch: 1 },
    writeUnits: 23,
  });
});

test('a time ends before its end: two that touch count nothing twice', async () => {
  const { aws, asked } = logsWith([]);
  await tally(aws, 'group', { from: 1000.5, to: 2000 }, 'completed');
  expect(asked()).toMatchObject({ startTime: 1000, endTime: 1999 });
});

test('as many lines as the emulator gives may not be all there are', async () => {
  const { aws } = logsWith(Array.from({ length: 10_000 }, () => lines[2] ?? ''));
  await expect(tally(aws, 'group', { from: 0, to: 1 }, 'completed')).rejects.toThrow('count a shorter one');
});
