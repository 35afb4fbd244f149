import { afterAll, describe } from 'vitest';
import { printCases } from './cases.ts';
import { inMemory, onMiniStack } from './lane-targets.ts';
import { describeLanes } from './lanes-suite.ts';

/** One suite for the lanes: the in-memory ones that the other tests build on, and SQS as MiniStack has it. */
describe('in memory', () => describeLanes(inMemory));

describe('MiniStack', () => {
  let opened: Awaited<ReturnType<typeof onMiniStack>> | undefined;
  describeLanes(async () => {
    opened = await onMiniStack();
    return opened.on;
  });
  afterAll(async () => await opened?.stop());
});

printCases('contract of the lanes');
