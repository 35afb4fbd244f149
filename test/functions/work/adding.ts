import { expect } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import type { WorkflowNodeView } from '../../../core/workflow/api.ts';
import { aWorkflowWorld, workflowId } from '../advance/workflow-world.ts';

export type It = ReturnType<typeof aWorkflowWorld>;

export const task = (key: string, more: object = {}) => ({ key, type: 'task', ...more });
/** What `list` adds: three to work on at once, and one that takes their results. */
export const fan = [
  task('a'),
  task('b'),
  task('c', { depends_on: ['.'] }),
  task('join', { payload: [], from: { '/0': { node: 'a' }, '/1': { node: 'b' }, '/2': { node: 'c' } } }),
];
export const list = [task('list'), task('after', { depends_on: ['list'] })];

export const jobOf = (it: It, node: number): JobRecord =>
  it.live().find((each) => it.nodeOf(each) === node) as JobRecord;
export const nodesOf = async (it: It) => (await it.call('getWorkflow')).body.nodes as WorkflowNodeView[];
export const keysAndStates = async (it: It) =>
  (await nodesOf(it)).map(({ key, status }) => `${key} ${status}`);
/** Each job there is, once. */
export const links = (it: It) =>
  it.world.store
    .all()
    .filter(({ status }) => status !== 'void')
    .map(({ workflow = '' }) => workflow.replace(`${workflowId}#`, ''))
    .sort();

export async function running(nodes: unknown[] = list): Promise<It> {
  const it = aWorkflowWorld();
  await it.create(nodes);
  await it.advance();
  return it;
}
export const refused = (text: RegExp) => (call: Promise<void>) =>
  expect(call).rejects.toMatchObject({
    message: expect.stringMatching(text),
    'taskq.error': { kind: 'permanent' },
  });
