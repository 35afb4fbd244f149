import type { Effects } from '../../core/once.ts';
import type { Sealed } from '../../core/table.ts';
import { walkAgeMs } from '../../core/walk.ts';
import type { ApiAnswer } from '../../functions/http.ts';
import type { Checkpoint } from '../../functions/operate/checkpoints.ts';
import { makeFates } from './faults.ts';
import { changeJob, enqueueBatch, type Program, releaseDue, releaseParts, walkAll } from './functions.ts';
import { makeInvoke } from './invoke.ts';
import { type LaneName, simulateLanes } from './lanes.ts';
import type { OperationPlan } from './operation-plan.ts';
import { askMany } from './operations.ts';
import { type ClientPlan, type PersonPlan, type Plan, start } from './plan.ts';
import type { Plant } from './plants.ts';
import { type PortParts, type Ports, portsOf } from './ports.ts';
import { type Process, startProcess } from './process.ts';
import { streamOf } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { makeStarts, short } from './starts.ts';
import { simulateTable } from './table.ts';
import { bodyOf, makePost } from './waiters.ts';
import { watchPromises } from './watch.ts';
import { makeFlows } from './workflow/world.ts';

const apiTimeoutMs = 29_000;
const releaseTimeoutMs = 55_000;
const deployMs = 60_000;

/** The walk, or a part of the release. */
type MinuteTask = 'walk' | number;
export const minuteTasks: readonly MinuteTask[] = [...Array(releaseParts).keys(), 'walk'];

/** The whole pipeline in one process: tables, lanes and keys in memory, every call through a process that may die. */
export function makeWorld(
  scheduler: Scheduler,
  plan: Plan,
  plant: Plant | undefined,
  say: (line: () => string) => void,
  onMove: (lane: LaneName) => void,
) {
  const { now } = scheduler;
  const fates = makeFates(plan.chances, new Set(plan.spared), () => now() >= start + plan.faultyMs, say);
  /** Jobs that a live invocation has in hand: their messages were received. */
  const inHand = new Map<Process, readonly string[]>();
  const held = (jobId: string): boolean =>
    [...inHand].some(([process, jobs]) => process.alive && jobs.includes(jobId));
  const sealed = new Map<string, Sealed>();
  const sqsRandom = streamOf(plan.seed, 'SQS');
  let receives = 0;
  const lanes = simulateLanes({
    now,
    random: sqsRandom,
    inFlightLimit: plan.inFlightLimit,
    maxReceiveCount: plan.maxReceiveCount,
    mostSpares: plan.mostSpares,
    spareWithinSeconds: plan.spareWithinSeconds,
    seenTwice: () => fates.strikes('seenTwice', sqsRandom, 'receive', ++receives),
    onMove,
    onLoss: (jobId) => watch.lost(jobId),
    onHide: (jobId, seconds) => watch.hidden(jobId, seconds),
  });
  const table = simulateTable(now, (each) => {
    const { before, after } = each;
    say(
      () =>
        `${short(after.sk)} ${before?.status ?? 'nothing'} → ${after.status} fence ${after.fence} attempt ${after.attempt}+${after.attemptsLeft} by ${each.by.name}`,
    );
    // Who advances a workflow cancels its jobs by its own right.
    if (each.by.name.startsWith('advance') && (each.change?.set.cancelRequestedAt ?? 0) > 0)
      watch.cancelAsked(after.sk);
    if (each.by.name.startsWith('advance') && after.status === 'cancelled') watch.cancelAsked(after.sk);
    watch.written(each);
    flows?.watch.written(each);
    if (before === undefined && /^(advance|watch)/.test(each.by.name) && after.status !== 'void')
      watch.accept(after.sk);
  });
  const watch = watchPromises({
    now,
    peek: table.peek,
    all: table.all,
    writtenAt: table.writtenAt,
    open: (value) => {
      const stands = 'at' in value ? sealed.get(value.where) : value;
      return stands && JSON.parse(Buffer.from(stands.data).toString());
    },
    stored: (where) => sealed.has(where),
    pointers: lanes.pointers,
    held,
  });
  const effects = new Map<string, Effects>();
  const progress = new Map<string, Checkpoint>();
  const checkpoints: PortParts['checkpoints'] = {
    get: (jobId) => progress.get(jobId),
    set(jobId, checkpoint) {
      watch.operations.saved(jobId, checkpoint.progress);
      return progress.set(jobId, checkpoint);
    },
  };
  const walked: PortParts['walked'] = { cursors: [] };
  const flows =
    plan.workflows.length === 0
      ? undefined
      : makeFlows({
          ...{ scheduler, plan, fates, table, begin, within, say },
          expect: watch.expect,
          comesBack: (jobId) => lanes.pointers().has(jobId) || held(jobId) || watch.wasLost(jobId),
          onCancel: watch.cancelAsked,
        });
  const parts: PortParts = {
    ...{ table, lanes, sealed, keys: new Map(), effects, checkpoints, walked },
    ...(flows === undefined ? {} : { flowsOf: flows.portsOf }),
  };
  const starts = makeStarts({
    now,
    watch,
    effects,
    say,
    nodeOf: (script) => flows?.nodeOf(script),
    onAdded: (jobId, keys) => flows?.watch.added(jobId, keys),
  });
  const started = new Map<string, number>();

  function begin(kind: string): Program {
    const count = (started.get(kind) ?? 0) + 1;
    started.set(kind, count);
    const name = `${kind} ${count}`;
    const random = streamOf(plan.seed, name);
    const sinceDeployMs = now() - start - plan.deployAtMs;
    const isOld = sinceDeployMs < 0 || (sinceDeployMs < deployMs && random() < 0.5);
    const process = startProcess(name, random, {
      scheduler,
      fates,
      mostSkewMs: plan.mostSkewMs,
      release: isOld ? 'old' : 'new',
      unrenewed: plan.chances.unrenewed > 0,
      say,
      onTrouble(jobs) {
        const ids = [...jobs];
        watch.trouble(ids);
        flows?.watch.trouble(ids);
      },
    });
    const planted = (each: Process): Ports => {
      const ports = portsOf(each, parts);
      return plant?.ports?.(ports, each) ?? ports;
    };
    const thread = () => {
      const own = plant?.oneLoop ? process : process.thread();
      return { process: own, ports: planted(own) };
    };
    return { process, ports: planted(process), thread };
  }

  /** Ends with its answer, or is killed at its time. */
  async function within<T>(process: Process, step: Promise<T>, timeoutMs: number): Promise<T | 'killed'> {
    const over = scheduler.sleep(timeoutMs).then(() => {
      process.die(`its ${timeoutMs / 1000} s are over`);
      return 'killed' as const;
    });
    const answer = await Promise.race([step, over]);
    const wasAlive = process.alive;
    // Lambda freezes a process with its answer: what it did not wait for, the end of an operation whose time is over or
    // the telling of one who waits, stands still in the middle.
    if (wasAlive && (process.operation !== undefined || process.name.startsWith('person')))
      process.trouble(process.underWay());
    process.alive = false;
    return wasAlive ? answer : 'killed';
  }

  /** A client's call; what it is told counts as promised. */
  async function call(
    { name, key, jobs }: ClientPlan,
    when: 'now' | 'again' = 'now',
  ): Promise<'answered' | 'unknown'> {
    const { process, ports } = begin(name);
    const bodies = jobs.map((job, position) => {
      const script = `${name}, job ${position + 1}`;
      starts.scripts.set(script, job);
      if (when === 'again') watch.payloads.again(script);
      return bodyOf(job, script);
    });
    const step = enqueueBatch(process, ports, bodies, key).catch(() => 'failed' as const);
    const answer = await within(process, step, apiTimeoutMs);
    if (answer === 'killed' || answer === 'failed' || 'problem' in answer) return 'unknown';
    const { results } = answer.body as { results: { id?: string }[] };
    for (const [position, { id }] of results.entries()) {
      if (id === undefined) continue;
      watch.accept(id);
      if (key === undefined) continue;
      if (when === 'again') watch.isNew(key, position, id);
      watch.answered(when === 'again' ? `${key} again` : key, position, id);
    }
    say(() => `${name} is told ${results.map(({ id }) => (id === undefined ? 'no' : short(id))).join(' ')}`);
    return 'answered';
  }

  /** A person's redrive or bulk cancel, taken in as a job. */
  async function ask(operation: OperationPlan): Promise<'answered' | 'unknown'> {
    const { name, key, asked } = operation;
    const { process, ports } = begin(name);
    const step = askMany(process, ports, operation).catch(() => 'failed' as const);
    const answer = await within(process, step, apiTimeoutMs);
    if (answer === 'killed' || answer === 'failed' || 'problem' in answer) return 'unknown';
    const { id } = answer.body as { id: string };
    watch.accept(id);
    if (key !== undefined) watch.answered(key, 0, id);
    say(() => `${name} is told ${short(id)}, which is to ${asked.does} ${JSON.stringify(asked.body)}`);
    return 'answered';
  }

  async function act(person: PersonPlan, jobId: string): Promise<void> {
    const { name, does } = person;
    const { process, ports } = begin(name);
    if (does === 'cancel') watch.cancelAsked(jobId);
    say(() => `${name} asks to ${does} ${short(jobId)}`);
    const step: Promise<ApiAnswer | undefined> = changeJob(process, ports, person, jobId);
    await within(
      process,
      step.catch(() => undefined),
      apiTimeoutMs,
    );
  }

  /** One of the minute's calls. */
  async function everyMinute(task: MinuteTask): Promise<void> {
    // Nothing to do by anyone's clock.
    const latest = now() + plan.mostSkewMs;
    if (task === 'walk' ? !table.anyUnwatched(latest - walkAgeMs) : !table.anyDue(latest)) return;
    const { process, ports } = begin(task === 'walk' ? task : `release ${task}`);
    const deadline = now() + releaseTimeoutMs;
    const { deliver } = ports.lanes;
    ports.lanes.deliver = (deliveries) => {
      for (const { pointer } of deliveries) watch.released(pointer.jobId);
      return deliver(deliveries);
    };
    const remainingMs = () => deadline - now();
    const done =
      task === 'walk' ? walkAll(process, ports, remainingMs) : releaseDue(process, ports, remainingMs, task);
    await within(
      process,
      done.catch(() => undefined),
      releaseTimeoutMs,
    );
  }

  const invoke = makeInvoke({ now, lanes, plant, starts, watch, inHand, begin, within, say });
  const post = makePost({
    begin,
    within: (process, step) => within(process, step, apiTimeoutMs),
    starts,
    watch,
    say,
  });

  return { call, ask, post, act, invoke, everyMinute, watch, fates, table, lanes, flows };
}
