import { plainly } from '../handlers.ts';
import type { Plan } from '../plan.ts';
import type { ActPlan, NodePlan, WorkflowPlan } from './plan.ts';

type LeaveOut = <T>(list: () => readonly T[], tryWith: (kept: T[]) => Promise<void>) => Promise<void>;

/** Leaves out workflows, then nodes and acts of those that stay. */
export async function shrinkWorkflows(
  plan: () => Plan,
  breaks: (smaller: Plan) => Promise<void>,
  leaveOut: LeaveOut,
): Promise<void> {
  await leaveOut(
    () => plan().workflows,
    (workflows) => breaks({ ...plan(), workflows }),
  );
  for (const { name } of plan().workflows) {
    const now = (): WorkflowPlan | undefined => plan().workflows.find((each) => each.name === name);
    await leaveOut(
      () => (now()?.acts ?? []).filter((act) => !isAwaited(act)),
      (kept) =>
        breaks(
          withWorkflow(plan(), name, (each) => ({
            ...each,
            // Without its signal a node would wait for ever, and rightly so.
            acts: each.acts.filter((act) => isAwaited(act) || kept.includes(act)),
          })),
        ),
    );
    await leaveOut(
      () => now()?.nodes ?? [],
      (nodes) =>
        nodes.length === 0
          ? Promise.resolve()
          : breaks(withWorkflow(plan(), name, (each) => ({ ...each, nodes }))),
    );
  }
}

const isAwaited = ({ does, says, aimedMs }: ActPlan): boolean =>
  does === 'signal' && says === undefined && aimedMs === undefined;

/** Every part of a workflow that can be plainer, by itself. */
export function* plainerWorkflows({ workflows }: Plan): Generator<(plan: Plan) => Plan> {
  for (const { name, nodes } of workflows) {
    const change = (plainer: (flow: WorkflowPlan) => WorkflowPlan) => (plan: Plan) =>
      withWorkflow(plan, name, plainer);
    yield change(({ key: _, ...each }) => each);
    yield change(({ timeoutSeconds: _, ...each }) => each);
    yield change((each) => ({ ...each, callback: false }));
    for (const { key } of nodes)
      for (const plainer of plainerNodes)
        yield change((each) => ({
          ...each,
          nodes: each.nodes.map((node) => (node.key === key ? plainer(node) : node)),
        }));
  }
}

const plainerNodes: readonly ((node: NodePlan) => NodePlan)[] = [
  (node) => ({ ...node, kind: 'job', inner: [] }),
  (node) => ({ ...node, adds: [] }),
  ({ when: _, ...node }) => node,
  ({ delaySeconds: _, ...node }) => node,
  (node) => ({ ...node, takes: false }),
  (node) => ({ ...node, behaviours: [plainly] }),
  (node) => ({ ...node, undoes: [plainly] }),
  (node) => ({ ...node, after: node.after.slice(0, 1) }),
  (node) => ({ ...node, after: node.after.map(({ key }) => ({ key })) }),
  ({ onFailure: _, ...node }) => node,
  (node) => ({ ...node, maxAttempts: 1 }),
];

function withWorkflow(plan: Plan, name: string, change: (flow: WorkflowPlan) => WorkflowPlan): Plan {
  return { ...plan, workflows: plan.workflows.map((each) => (each.name === name ? change(each) : each)) };
}
