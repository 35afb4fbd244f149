import { expect, test } from 'vitest';
import { aWorkflowWorld } from './workflow-world.ts';

test('thousands of nodes fail before they begin: the workflow ends, its item far below 400 KB, the first with their cause', async () => {
  const it = aWorkflowWorld();
  const strict = Array.from({ length: 8_000 }, (_, n) => ({
    key: `n${n}`,
    type: 'strict',
    on_failure: 'continue',
    from: { '/n': { node: 'list', pointer: `/${n}` } },
  }));
  await it.create([{ key: 'list', type: 'task', payload: {} }, ...strict]);
  await it.advance();
  for (const job of it.live()) await it.end(job, 'completed', Array(8_000).fill('no number'));
  await it.publishAll();
  await it.advance();
  expect(it.item()).toMatchObject({ status: 'completed', counts: { completed: 1, failed: 8_000 } });
  expect(JSON.stringify(it.item()).length).toBeLessThan(50_000);
  expect(it.item()?.causes?.[1]).toBe(
    'the payload does not fit job type "strict"; /payload/n must be a number',
  );
});
