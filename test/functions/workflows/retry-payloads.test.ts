import { expect, test } from 'vitest';
import { aWorkflowWorld } from '../advance/workflow-world.ts';

const keys = Array.from({ length: 51 }, (_, index) => `n${index}`);

test.each<[string, (key: string) => [string, unknown]]>([
  ['invalid_request', (key: string) => [`no-${key}`, 1]],
  ['invalid_payload', (key: string) => [key, { n: 'one' }]],
])('of payloads that are wrong the first 50 are named: %s', async (code, payload) => {
  const it = aWorkflowWorld();
  await it.create([
    { key: 'a', type: 'task' },
    ...keys.map((key) => ({ key, type: 'strict', payload: { n: 1 }, depends_on: ['a'] })),
  ]);
  await it.advance();
  expect(await it.finish([0])).toBe('failed');
  const answer = await it.call('retryWorkflow', {
    json: { payloads: Object.fromEntries(keys.map((key) => payload(key))) },
  });
  expect(answer.code).toBe(code);
  expect(answer.body.details).toHaveLength(50);
});
