import { expect, inject, it } from 'vitest';
import { fuzz } from '../fuzz/run.ts';

it('every answer is as the OpenAPI document says, whatever is sent', async () => {
  const run = await fuzz(inject('taskq'), { seed: 1, examples: 8, edges: false }, () => {});
  console.log(`fuzz: ${run.calls} calls, ${run.operations.length} operations`);
  expect(run.passed, `${run.output}\n${run.operations.join('\n')}`).toBe(true);
  // What never succeeds has been shown to refuse, and nothing else. A cancel of many may have taken what one was for.
  expect(run.neverSucceeded.length, run.operations.join('\n')).toBeLessThanOrEqual(2);
  expect(run.calls).toBeGreaterThan(300);
});
