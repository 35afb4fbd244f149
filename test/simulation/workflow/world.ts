import * as z from 'zod/mini';
import type { SignalContract } from '../../../core/define.ts';
import { watchWorkflows } from '../../../functions/advance/watch.ts';
import type { ApiAnswer } from '../../../functions/http.ts';
import { startWorkflow } from '../../../functions/workflows/start.ts';
import { workflowRows } from '../../support/memory-workflows.ts';
import type { Fates } from '../faults.ts';
import { type Program, requestOf } from '../functions.ts';
import { start as begunAt, type Plan } from '../plan.ts';
import type { Process } from '../process.ts';
import { between, streamOf } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { PlacedNode } from '../starts.ts';
import type { SimulatedTable } from '../table.ts';
import type { Expect } from '../watched.ts';
import { makeActs } from './acts.ts';
import { makeAdvance } from './advance.ts';
import { bodyOf, scriptOf, signalOf } from './body.ts';
import { type Answered, catalogueOf, depsOf } from './deps.ts';
import { type SimulatedExecutions, simulateExecutions } from './executions.ts';
import { everyNode, type WorkflowPlan } from './plan.ts';
import { type FlowPorts, flowPorts } from './ports.ts';
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
    catalogueOf: (process) =>
      catalogueOf(
        process,
        signals.map(({ name }) => name),
      ),
    say,
    onInvoke: (process) => watch.invoked(process),
  });
  /** Ids of those whose start was answered, by the name of their plan. */
  const ids = new Map<string, string>();
  const signals = plan.workflows.flatMap(({ nodes }) =>
    everyNode(nodes).map(
      ({ key, signal = key }): SignalContract => ({ name: signalOf(signal), payload: z.unknown() }),
    ),
  );
  const nodes = new Map<string, PlacedNode>(
    plan.workflows.flatMap((each) =>
      everyNode(each.nodes).map((node) => [scriptOf(each.name, node), { ...node, workflow: each.name }]),
    ),
  );
  const acts = makeActs({
    ...{ plan, stored, watch, ids, call, sleep, say, table },
    onCancel: parts.onCancel,
  });

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
      return again ? undefined : { status: 409, body: { error } };
    }
    say(() => `${name} is told ${answer.status}`);
    return { status: answer.status ?? 0, body: answer.body as Record<string, unknown> };
  }

  async function start(flow: WorkflowPlan): Promise<void> {
    const random = streamOf(plan.seed, `patience of ${flow.name}`);
    if (flow.whenEnded) while (isHeld() || now() < begunAt + plan.faultyMs) await sleep(30_000);
    for (let tries = 0; tries < (flow.key === undefined ? 1 : 30); tries++) {
      const calledAt = now();
      const answer = await call(flow.name, ({ process, ports }) =>
        startWorkflow(depsOf(process, ports))(
          requestOf('startWorkflow', {
            body: bodyOf(flow),
            ...(flow.key === undefined ? {} : { key: flow.key }),
          }),
        ),
      );
      if (answer !== undefined) {
        const id = String(answer.body.id ?? '');
        if (id === '') return;
        if (flow.unique !== undefined) watch.unique.answered(id, flow.name, calledAt);
        watch.of(id).accepted = true;
        say(() => `${flow.name} is ${short(id)}`);
        // Perhaps another's, whose caller was never told: what is done to a workflow its own persons do.
        ids.set(watch.unique.starterOf(id), id);
        return;
      }
      await sleep(between(random, 1_000, 40_000));
    }
    parts.expect(
      flow.whenEnded !== true,
      'a key is free again',
      () => `${flow.name} is told that its key is taken`,
    );
  }

  /** Does a workflow run that has a unique key. */
  function isHeld(): boolean {
    return [...stored.items.values()].some(
      ({ unique, status }) => unique !== undefined && status === 'running',
    );
  }

  return {
    watch,
    portsOf: (process: Process): FlowPorts =>
      flowPorts(process, {
        stored,
        executions,
        seenMarks,
        signals,
        onCall: watch.calling,
        onCalled(each) {
          say(
            () => `${each.by.name}: ${each.name} ${short(each.id)}${told(each.name, each.args, each.answer)}`,
          );
          watch.called(each);
          if (each.name === 'rest') acts.aim(each.id);
        },
      }),
    /** Every workflow, and every act on one, at its time. */
    all(at: (atMs: number, run: () => Promise<void>) => void): void {
      acts.start(at);
      for (const flow of plan.workflows) {
        at(flow.atMs, () => start(flow));
      }
    },
    /** What its handler does and gives, of a job of a workflow. */
    nodeOf: (script: string): PlacedNode | undefined => nodes.get(script),
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
