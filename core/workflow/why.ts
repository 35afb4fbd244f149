import type { WorkflowItem } from './item.ts';
import type { NodeSpec } from './spec.ts';
import type { NodeState } from './states.ts';

/**
 * Why a node was cancelled or skipped, or a signal or sub-workflow failed, as far as the states tell: a sentence for
 * people. Undefined for every other state, whose cause its job or the workflow knows.
 */
export function whyOf(
  {
    specs,
    states,
    item,
  }: {
    specs: readonly NodeSpec[];
    states: readonly NodeState[];
    item: Pick<WorkflowItem, 'phase' | 'stopped'>;
  },
  index: number,
): string | undefined {
  const state = states[index];
  const { kind, dependsOn, elementOf, addedBy, conditional } = (specs[index] as NodeSpec).node;
  const adder = addedBy === undefined ? undefined : states[addedBy];
  if (addedBy !== undefined && adder === state && (adder === 'cancelled' || adder === 'skipped'))
    return `"${specs[addedBy]?.key}", which added it, was ${adder}`;
  if (state === 'failed' && kind === 'signal') return 'the signal did not come in time';
  if (state === 'cancelled' || (state === 'failed' && kind === 'join')) {
    const broken = dependsOn.find(
      ({ on, onFailure }) =>
        onFailure !== 'continue' && (states[on] === 'failed' || states[on] === 'cancelled'),
    );
    if (broken !== undefined) return `"${specs[broken.on]?.key}" ${said(states[broken.on])}`;
    if (item.stopped !== undefined) return stopped[item.stopped];
    if (item.phase === 'compensating') return 'the workflow is undone';
    if (elementOf !== undefined) return `another element of "${specs[elementOf]?.key}" failed`;
    return undefined;
  }
  if (state !== 'skipped') return undefined;
  const without = dependsOn.find(({ on, takes }) => takes && states[on] === 'skipped');
  if (without !== undefined) return `"${specs[without.on]?.key}" was skipped`;
  if (elementOf !== undefined) return `the list of "${specs[elementOf]?.key}" has no such element any more`;
  return conditional ? 'its condition does not hold' : undefined;
}

function said(state: NodeState | undefined): string {
  return state === 'failed' ? 'failed' : 'was cancelled';
}

const stopped: Record<NonNullable<WorkflowItem['stopped']>, string> = {
  cancelled: 'the workflow was cancelled',
  timeout: 'the workflow ran out of time',
  unopenable: 'the nodes of the workflow can not be opened',
};
