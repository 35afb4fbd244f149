import { afterAll, describe } from 'vitest';
import { printCases } from './cases.ts';
import { inMemory, onMiniStack, sqsInMemory } from './lane-targets.ts';
import { describeLanes } from './lanes-suite.ts';
import { describeSqs } from './sqs-suite.ts';

/** One suite for the lanes: the in-memory ones that the other tests build on, and SQS as MiniStack has it. */
describe('in memory', () => {
  describeLanes(inMemory);
  describeSqs(sqsInMemory);
});

describe('MiniStack', () => {
  let opened: ReturnType<typeof onMiniStack> | undefined;
  const open = () => {
    opened ??= onMiniStack();
    return opened;
  };
  describeLanes(async () => (await open()).on);
  describeSqs(async () => (await open()).sqs);
  afterAll(async () => await (await opened)?.stop());
});

printCases('contract of the lanes');
