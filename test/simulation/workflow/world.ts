import * as z from 'zod/mini';
import type { SignalContract } from '../../../core/define.ts';
import { watchWorkflows } from '../../../functions/advance/watch.ts';
import type { ApiAnswer } from '../../../functions/http.ts';
import { cancelWorkflow } from '../../../functions/workflows/cancel.ts';
import { readWorkflow } from '../../../functions/workflows/read.ts';
import { retryWorkflow } from '../../../functions/workflows/retry.ts';
import { sendSignal } from '../../../functions/workflows/signal.ts';
import { startWorkflow } from '../../../functions/workflows/start.ts';
import { workflowRows } from '../../support/memory-workflows.ts';
import { catalogues } from '../catalogue.ts';
import type { Fates } from '../faults.ts';
import { cancelJobOf, type Program, requestOf } from '../functions.ts';
import type { Plan } from '../plan.ts';
import { keys, type Ports } from '../ports.ts';
import type { Process } from '../process.ts';
import { between, streamOf } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { SimulatedTable } from '../table.ts';
import type { Expect } from '../watched.ts';
import { makeAdvance } from './advance.ts';
import { bodyOf, scriptOf, signalOf } from './body.ts';
import { type SimulatedExecutions, simulateExecutions } from './executions.ts';
import { itemOf } from './flow.ts';
import { type ActPlan, everyNode, type NodePlan, type WorkflowPlan } from './plan.ts';
import { type FlowPorts, flowPorts, flowsOf } from './ports.ts';
import { watchFlows } from './watch.ts';

// Read once before any history: a module that comes in the middle of one would take time of the real clock.
await import('../../../core/workflow/condition.ts');

const watchTimeoutMs = 120_000;
const apiTimeoutMs = 29_000;

export interface FlowWorldParts {
  scheduler: Scheduler;
  plan: Plan;
  fates: Fates;
  table: SimulatedTable;
  expect: Expect;
  comesBack: (jobId: string) => boolean;
  /** Somebody asks for a job's cancel. */
  onCancel: (jobId: string) => void;
  begin: (kind: string) => Program;
  within: <T>(process: Process, step: Promise<T>, timeoutMs: number) => Promise<T | 'killed'>;
  say: (line: () => string) => void;
}

type Answered = { status: number; body: Record<string, unknown> };

/** The workflows of a history: who starts them and acts on them, what advances them, and the watch over them. */
export function makeFlows(parts: FlowWorldParts) {
  const { scheduler, plan, fates, table, begin, within, say } = parts;
  const { now, sleep } = scheduler;
  const stored = workflowRows();
  const seenMarks = new Map();
  const sfnRandom = streamOf(plan.seed, 'Step Functions');
  let doings = 0;
  const calls = new Set<Process>();
  const executions: SimulatedExecutions = simulateExecutions({
    scheduler,
    random: sfnRandom,
    strikes: (kind) => fates.strikes(kind, sfnRandom, 'execution', ++doings),
    invoke: (input) => advance(input),
    onMove: (id) => watch.moved(id),
  });
  const watch = watchFlows({
    now,
    stored,
    executions: () => executions,
    peek: table.peek,
    comesBack: parts.comesBack,
    busy: () => [...calls].some(({ alive }) => alive),
    expect: parts.expect,
  });
  const advance = makeAdvance({
    begin,
    within,
    catalogueOf,
    say,
    onInvoke: (process) => watch.invoked(process),
  });
  /** Ids of those whose start was answered, by the name of their plan. */
  const ids = new Map<string, string>();
  const signals = plan.workflows.flatMap(({ nodes }) =>
    everyNode(nodes).map(({ key }): SignalContract => ({ name: signalOf(key), payload: z.unknown() })),
  );
  const nodes = new Map<string, NodePlan>(
    plan.workflows.flatMap((each) => everyNode(each.nodes).map((node) => [scriptOf(each.name, node), node])),
  );

  /** A call of the API: undefined when its caller does not know what became of it. */
  async function call(
    name: string,
    step: (program: Program) => Promise<ApiAnswer>,
  ): Promise<Answered | undefined> {
    const program = begin(name);
    calls.add(program.process);
    const answer = await within(
      program.process,
      step(program).catch(() => 'failed' as const),
      apiTimeoutMs,
    );
    calls.delete(program.process);
    if (answer === 'killed' || answer === 'failed') return undefined;
    if ('problem' in answer) {
      const { code, error } = answer.problem;
      say(() => `${name} is told ${code}: ${error}`);
      const again = code === 'busy' || code === 'unavailable';
      return again ? undefined : { status: 409, body: {} };
    }
    say(() => `${name} is told ${answer.status}`);
    return { status: answer.status ?? 0, body: answer.body as Record<string, unknown> };
  }

  async function start(flow: WorkflowPlan): Promise<void> {
    const random = streamOf(plan.seed, `patience of ${flow.name}`);
    for (let tries = 0; tries < (flow.key === undefined ? 1 : 30); tries++) {
      const answer = await call(flow.name, ({ process, ports }) =>
        startWorkflow({ ...depsOf(process, ports), ...{ signals } })(
          requestOf('startWorkflow', {
            body: bodyOf(flow),
            ...(flow.key === undefined ? {} : { key: flow.key }),
          }),
        ),
      );
      if (answer !== undefined) {
        const id = String(answer.body.id ?? '');
        if (id === '') return;
        ids.set(flow.name, id);
        watch.of(id).accepted = true;
        say(() => `${flow.name} is ${short(id)}`);
        return;
      }
      await sleep(between(random, 1_000, 40_000));
    }
  }

  async function act(flow: WorkflowPlan, plan: ActPlan): Promise<void> {
    const id = await started(flow);
    if (id === undefined) return;
    if (plan.does === 'retry') {
      while (itemOf(stored, id)?.status === 'running') await sleep(7_000);
    }
    if (plan.does === 'cancel a job') return cancelOne(plan, id);
    const request = requestOf(routes[plan.does], { id });
    if (plan.does === 'retry') request.body = JSON.stringify({ mode: plan.mode });
    if (plan.does === 'signal')
      Object.assign(request, {
        name: signalOf(plan.signal),
        body: JSON.stringify({ payload: { ok: true } }),
      });
    const random = streamOf(flow.nodes.length, plan.name);
    for (let tries = 0; tries < 40; tries++) {
      say(() => `${plan.name}: ${plan.does} ${short(id)}`);
      const answer = await call(plan.name, ({ process, ports }) => {
        const deps = depsOf(process, ports);
        if (plan.does === 'cancel') return cancelWorkflow(deps)(request);
        if (plan.does === 'retry') return retryWorkflow(deps)(request);
        if (plan.does === 'signal') return sendSignal({ ...deps, signals })(request);
        return readWorkflow(deps)(request);
      });
      // Refused, an earlier try of it may have done it, whose answer was lost.
      if (answer !== undefined && plan.does === 'retry') return signalAgain(flow, plan);
      if (answer !== undefined) return;
      await sleep(between(random, 1_000, 20_000));
    }
  }

  /** What begins anew may wait anew, also for a signal that came too late before. */
  async function signalAgain(flow: WorkflowPlan, { name }: ActPlan): Promise<void> {
    for (const each of flow.acts)
      if (each.does === 'signal') await act(flow, { ...each, name: `${name}, ${each.name}` });
  }

  async function cancelOne({ name, pick }: ActPlan, id: string): Promise<void> {
    const open = table
      .all()
      .filter(({ workflow, status }) => workflow?.startsWith(id) && ['pending', 'running'].includes(status));
    const job = open[Math.floor(pick * open.length)];
    if (job === undefined) return;
    say(() => `${name}: cancel ${short(job.sk)}`);
    parts.onCancel(job.sk);
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

  function depsOf(process: Process, ports: Ports) {
    return {
      ...ports,
      ...flowsOf(ports),
      keys,
      catalogue: catalogueOf(process),
      now: process.now,
      randomBytes: (count: number) =>
        Uint8Array.from({ length: count }, () => between(process.random, 0, 255)),
      onError: () => {},
    };
  }

  function catalogueOf({ release }: Process) {
    return { ...catalogues[release], signals: signals.map(({ name }) => name) };
  }

  return {
    watch,
    portsOf: (process: Process): FlowPorts =>
      flowPorts(process, {
        stored,
        executions,
        seenMarks,
        onCall: watch.calling,
        onCalled(each) {
          say(
            () => `${each.by.name}: ${each.name} ${short(each.id)}${told(each.name, each.args, each.answer)}`,
          );
          watch.called(each);
        },
      }),
    /** Every workflow, and every act on one, at its time. */
    all(at: (atMs: number, run: () => Promise<void>) => void): void {
      for (const flow of plan.workflows) {
        at(flow.atMs, () => start(flow));
        for (const each of flow.acts) at(flow.atMs + each.afterMs, () => act(flow, each));
      }
    },
    /** What its handler does and gives, of a job of a workflow. */
    nodeOf: (script: string): NodePlan | undefined => nodes.get(script),
    async everyMinute(): Promise<void> {
      if (![...stored.marks.values()].some(({ lookAt }) => lookAt <= now() + plan.mostSkewMs)) return;
      const { process, ports } = begin('watch');
      calls.add(process);
      const deadline = now() + watchTimeoutMs;
      const step = watchWorkflows(depsOf(process, ports));
      await within(
        process,
        step(() => deadline - now(), {}).catch(() => undefined),
        watchTimeoutMs,
      );
      calls.delete(process);
    },
  };
}

const routes = {
  cancel: 'cancelWorkflow',
  retry: 'retryWorkflow',
  signal: 'sendSignal',
  read: 'getWorkflow',
} as const;

const short = (id: string): string => id.slice(-6);

function told(name: string, args: readonly unknown[], answer: unknown): string {
  if (name === 'saveStates') return ` ${(args[2] as { letters: string }).letters} → ${answer}`;
  if (name === 'raise') return ` ${(args[2] as string[]).join(' ')} → ${JSON.stringify(answer)}`;
  if (name === 'rest') {
    const { set } = args[1] as { set: { status?: string; token?: string } };
    return ` ${set.status ?? set.token ?? 'goes on'} → ${answer}`;
  }
  return typeof answer === 'boolean' ? ` → ${answer}` : '';
}
