import type { JobContext } from '../../core/define.ts';
import { mintedAtOf } from '../../core/id.ts';
import type { Effects } from '../../core/once.ts';
import type { Payload } from './functions.ts';
import { behave, plainly } from './handlers.ts';
import type { OperationPlan } from './operation-plan.ts';
import type { JobPlan } from './plan.ts';
import type { Process } from './process.ts';
import { between } from './random.ts';
import type { watchPromises } from './watch.ts';
import { addedBy } from './workflow/body.ts';
import type { NodePlan } from './workflow/plan.ts';

/** A node, and the name of its workflow's plan. */
export type PlacedNode = NodePlan & { workflow: string };

interface StartParts {
  now: () => number;
  watch: ReturnType<typeof watchPromises>;
  /** What `once` has stored, by job. */
  effects: ReadonlyMap<string, Effects>;
  /** The node of a workflow that a payload is for. */
  nodeOf: (script: string) => PlacedNode | undefined;
  /** A job was told that it has added nodes of these keys. */
  onAdded: (jobId: string, keys: readonly string[]) => void;
  say: (line: () => string) => void;
}

/** The end of a job's id, for the history. */
export const short = (jobId: string): string => jobId.slice(-6);

/** What a worker's handlers do, and how each of their starts is watched. */
export function makeStarts({ now, watch, effects, nodeOf, onAdded, say }: StartParts) {
  /** What the job of each payload does. */
  const scripts = new Map<string, JobPlan>();

  return { scripts, handle, carryOut };

  async function handle(process: Process, payload: Payload, job: JobContext): Promise<unknown> {
    const { script = payload.payload?.script ?? '' } = payload;
    const node = nodeOf(script);
    if (node !== undefined) return handleNode(process, node, payload, job);
    const { behaviours = [], once = false } = scripts.get(script) ?? {};
    const behaviour = behaviours[Math.min(job.attempt, behaviours.length) - 1] ?? plainly;
    return start(process, job, payload, behaviour.does, async () => {
      if (once)
        watch.onceIs(job.id, await job.once('mail', () => sendMail(process, job)), effects.get(job.id));
      return behave(behaviour, process, job, now);
    });
  }

  /** The job of a workflow's node, or the one that undoes it: an element of a map begins later in the list. */
  async function handleNode(
    process: Process,
    node: PlacedNode,
    given: Payload,
    job: JobContext,
  ): Promise<unknown> {
    const { behaviours, undoes, items } = node;
    const { at = 0, payload } = given;
    const own = payload === undefined ? behaviours : undoes;
    const behaviour = own[(job.attempt - 1 + at) % own.length] ?? plainly;
    return start(process, job, given, behaviour.does, async () => {
      if (payload === undefined) await add(node, job);
      await behave(behaviour, process, job, now);
      return { attempt: job.attempt, items: Array(items).fill(0) };
    });
  }

  /** Attempts that add at the same time add the same, but not in the same parts or order. */
  async function add(node: PlacedNode, job: JobContext): Promise<void> {
    const nodes = addedBy(node.workflow, node);
    if (job.attempt % 3 === 0) nodes.reverse();
    const first = job.attempt % 3 === 2 ? 1 : nodes.length;
    for (const some of [nodes.slice(0, first), nodes.slice(first)]) {
      if (some.length === 0) continue;
      await job.enqueue(some as never);
      onAdded(
        job.id,
        some.map(({ key }) => String(key)),
      );
    }
  }

  /** A start of an operation on many jobs. */
  function carryOut(
    process: Process,
    { type, asked }: { type: string; asked: unknown },
    job: JobContext,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const does = type === 'taskq.retry' ? 'retry' : 'cancel';
    process.operation = job.id;
    watch.operations.started(job.id, { does, body: asked } as OperationPlan['asked'], mintedAtOf(job.id));
    return start(process, job, asked, does, run);
  }

  async function start(
    process: Process,
    job: JobContext,
    payload: unknown,
    does: string,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    let ended = false;
    watch.started(job.id, payload, process, () => process.alive && !ended && !job.signal.aborted);
    say(() => `${short(job.id)} starts to ${does} in ${process.name}`);
    try {
      return await run();
    } finally {
      ended = true;
    }
  }

  /** Something outside, told apart from its repeats by when it happened. */
  async function sendMail(process: Process, job: JobContext): Promise<string> {
    await process.sleep(between(process.random, 0, 200));
    say(() => `${short(job.id)} sends its mail in ${process.name}`);
    return `sent at ${now()} by attempt ${job.attempt}`;
  }
}
