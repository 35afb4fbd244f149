import { expect, test } from 'vitest';
import { applyNews, encodeNews, readNews } from '../../../core/workflow/news.ts';
import type { NodeState } from '../../../core/workflow/states.ts';

/** The state of node 0 once it heard, forward, that its job, or its undoing, ended so. */
function heard(state: NodeState, status: 'completed' | 'failed' | 'cancelled', undo: boolean): NodeState {
  const states = [state];
  applyNews(
    states,
    { of: 'job', node: 0, generation: 0, undo, status },
    { phase: 'forward', generationOf: () => 0 },
  );
  return states[0] as NodeState;
}

test.each<[NodeState, NodeState]>([
  ['waiting', 'completed'],
  ['running', 'completed'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
  // A spare message tells of the job again, while it is undone.
  ['compensating', 'compensating'],
  ['compensated', 'compensated'],
  ['compensation_failed', 'compensation_failed'],
])('told that its job has completed, a node that is %s is %s', (before, after) => {
  expect(heard(before, 'completed', false)).toBe(after);
});

test.each<[NodeState, NodeState]>([
  ['waiting', 'waiting'],
  ['running', 'running'],
  // The advance that undid it died before it could say that the workflow has turned round.
  ['completed', 'compensated'],
  ['compensating', 'compensated'],
  ['compensated', 'compensated'],
  ['compensation_failed', 'compensation_failed'],
])('told that it was undone, a node that is %s is %s', (before, after) => {
  expect(heard(before, 'completed', true)).toBe(after);
});

test('a node’s end comes before that of its undoing, both before a cancel, a retry before them all', () => {
  const job = { of: 'job', node: 1, generation: 0, status: 'completed' } as const;
  const texts = [
    encodeNews({ of: 'cancel' }),
    encodeNews({ ...job, undo: true }),
    encodeNews({ ...job, undo: false }),
    encodeNews({ of: 'retry', mode: 'all', round: 1 }),
  ];
  expect(readNews(texts).map((each) => (each.of === 'job' && each.undo ? 'undo' : each.of))).toEqual([
    'retry',
    'job',
    'undo',
    'cancel',
  ]);
});
