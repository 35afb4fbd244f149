import { isEnded } from '../../../core/workflow/states.ts';
import { cancelWorkflow } from '../../../functions/workflows/cancel.ts';
import { readWorkflow } from '../../../functions/workflows/read.ts';
import { retryWorkflow } from '../../../functions/workflows/retry.ts';
import { sendSignal } from '../../../functions/workflows/signal.ts';
import { cancelJobOf, requestOf } from '../functions.ts';
import { start as begunAt, type Plan } from '../plan.ts';
import { between, streamOf } from '../random.ts';
import { short } from '../starts.ts';
import type { SimulatedTable } from '../table.ts';
import { signalOf } from './body.ts';
import { type Call, depsOf } from './deps.ts';
import { graphIn, itemOf, type Stored, statesOf } from './flow.ts';
import type { ActPlan, WorkflowPlan } from './plan.ts';
import type { watchFlows } from './watch.ts';

interface ActParts {
  plan: Plan;
  stored: Stored;
  table: SimulatedTable;
  watch: ReturnType<typeof watchFlows>;
  /** Ids of those whose start was answered, by the name of their plan. */
  ids: ReadonlyMap<string, string>;
  call: Call;
  /** Somebody asks for a job's cancel. */
  onCancel: (jobId: string) => void;
  sleep: (ms: number) => Promise<void>;
  say: (line: () => string) => void;
}

/** What persons do to workflows. */
export function makeActs(parts: ActParts) {
  const { plan, stored, table, watch, ids, call, onCancel, sleep, say } = parts;
  /** Calls that wait for a deadline to be known. */
  const aimed = new Set<string>();
  let atTime: (atMs: number, run: () => Promise<void>) => void;

  /** Every act at its time, but for those that are aimed at a deadline. */
  function start(at: typeof atTime): void {
    atTime = at;
    for (const flow of plan.workflows)
      for (const each of flow.acts)
        if (each.aimedMs === undefined) at(flow.atMs + each.afterMs, () => actOn(flow, each));
  }

  return { start, aim };

  /** A deadline is known: those who send their signal at about it do so. */
  function aim(id: string): void {
    const item = itemOf(stored, id);
    const flow = plan.workflows.find(({ name }) => ids.get(name) === id);
    if (item?.deadlines === undefined || !flow?.acts.some(({ aimedMs }) => aimedMs !== undefined)) return;
    const { specs } = graphIn(stored, watch.of(id));
    for (const [node, deadline] of Object.entries(item.deadlines))
      for (const act of flow.acts) {
        const name = `${act.name}, ${deadline}`;
        if (act.aimedMs === undefined || aimed.has(name)) continue;
        if (specs[Number(node)]?.signal?.name !== signalOf(act.signal)) continue;
        aimed.add(name);
        atTime(deadline - begunAt + act.aimedMs, () => actOn(flow, { ...act, name }));
      }
  }

  async function actOn(flow: WorkflowPlan, plan: ActPlan): Promise<void> {
    const id = await started(flow);
    if (id === undefined) return;
    if (plan.does === 'retry') {
      while (isRunning(id)) await sleep(7_000);
    }
    // Whoever sends it has heard that the node was added.
    if (plan.does === 'signal')
      while (isRunning(id) && !isAwaited(id, signalOf(plan.signal))) await sleep(20_000);
    if (plan.does === 'cancel a job') return cancelOne(plan, id);
    const request = requestOf(routes[plan.does], { id });
    const payload = { says: plan.says ?? 'yes' };
    if (plan.does === 'retry') request.body = JSON.stringify({ mode: plan.mode });
    if (plan.does === 'signal')
      Object.assign(request, {
        name: signalOf(plan.signal),
        body: JSON.stringify({ payload }),
      });
    const random = streamOf(flow.nodes.length, plan.name);
    for (let tries = 0; tries < 40; tries++) {
      say(() => `${plan.name}: ${plan.does} ${short(id)}`);
      const sent =
        plan.does === 'signal' ? watch.signals.sends(watch.of(id), signalOf(plan.signal)) : undefined;
      const answer = await call(plan.name, ({ process, ports }) => {
        const deps = depsOf(process, ports);
        if (plan.does === 'cancel') return cancelWorkflow(deps)(request);
        if (plan.does === 'retry') return retryWorkflow(deps)(request);
        if (plan.does === 'signal') return sendSignal(deps)(request);
        return readWorkflow(deps)(request);
      });
      if (sent !== undefined && (answer?.status ?? 409) < 300) watch.signals.accepted(sent, payload);
      // Refused, an earlier try of it may have done it, whose answer was lost.
      if (answer !== undefined && plan.does === 'retry') return signalAgain(flow, plan);
      // Who is told that it comes too late for those who waited sends it once another does: a job may still add one.
      const isLate =
        plan.does === 'signal' && plan.aimedMs === undefined && /too late/.test(String(answer?.body.error));
      if (answer !== undefined && !isLate) return;
      while (isLate && isRunning(id) && !isOpen(id, signalOf(plan.signal))) await sleep(20_000);
      if (isLate && !isRunning(id)) return;
      await sleep(between(random, 1_000, 20_000));
    }
  }

  function isRunning(id: string): boolean {
    return itemOf(stored, id)?.status === 'running';
  }

  /** Does a node wait for it, or will one. */
  function isOpen(id: string, name: string): boolean {
    const flow = watch.of(id);
    const { states } = statesOf(stored, flow);
    return graphIn(stored, flow).specs.some(
      ({ signal }, node) => signal?.name === name && !isEnded(states[node] ?? 'waiting'),
    );
  }

  function isAwaited(id: string, name: string): boolean {
    return graphIn(stored, watch.of(id)).specs.some(({ signal }) => signal?.name === name);
  }

  /** What begins anew may wait anew, also for a signal that came too late before. */
  async function signalAgain(flow: WorkflowPlan, { name }: ActPlan): Promise<void> {
    const signals = flow.acts.filter((each) => each.does === 'signal' && each.aimedMs === undefined);
    await Promise.all(signals.map((each) => actOn(flow, { ...each, name: `${name}, ${each.name}` })));
  }

  async function cancelOne({ name, pick }: ActPlan, id: string): Promise<void> {
    const open = table
      .all()
      .filter(({ workflow, status }) => workflow?.startsWith(id) && ['pending', 'running'].includes(status));
    const job = open[Math.floor(pick * open.length)];
    if (job === undefined) return;
    say(() => `${name}: cancel ${short(job.sk)}`);
    onCancel(job.sk);
    await call(name, ({ process, ports }) => cancelJobOf(process, ports, job.sk));
  }

  async function started({ name }: WorkflowPlan): Promise<string | undefined> {
    for (let tries = 0; tries < 200; tries++) {
      const id = ids.get(name);
      if (id !== undefined) return id;
      await sleep(1_000 * (tries + 1));
    }
    return undefined;
  }
}

const routes = {
  cancel: 'cancelWorkflow',
  retry: 'retryWorkflow',
  signal: 'sendSignal',
  read: 'getWorkflow',
} as const;
