import type { SimulatedType } from './catalogue.ts';
import { type Chances, drawChances, drawClaimFaults, drawLeaseFaults } from './faults.ts';
import { type Behaviour, drawBehaviour } from './handlers.ts';
import { drawOperations, type OperationPlan } from './operation-plan.ts';
import { between, oneOf, type Random, streamOf } from './random.ts';
import { drawWaiters, type WaiterPlan } from './waiter-plan.ts';
import { drawMore } from './workflow/more-plan.ts';
import { drawExecutionFaults, drawLossyWorkflow, drawWorkflow, type WorkflowPlan } from './workflow/plan.ts';

/** When every history begins, ms since the epoch. */
export const start = 1_800_000_000_000;
const minute = 60_000;

/** All that a seed decides beforehand. Shrinking takes from it; the same plan always makes the same history. */
export interface Plan {
  seed: number;
  /** Faults for so long, then none. */
  faultyMs: number;
  chances: Chances;
  /** Faults that do not happen: what shrinking took away. */
  spared: readonly string[];
  mostSkewMs: number;
  inFlightLimit: number;
  maxReceiveCount: number;
  /** So many times more a message may be there. */
  mostSpares: number;
  /** A message that is there twice comes a second time within one of these. */
  spareWithinSeconds: readonly number[];
  /** When processes of the new release begin to appear; a minute later no old one starts. */
  deployAtMs: number;
  clients: ClientPlan[];
  persons: PersonPlan[];
  /** Redrives and bulk cancels: in a share of the histories. */
  operations: OperationPlan[];
  /** In some histories only: they take more time than others. */
  workflows: WorkflowPlan[];
  /** Jobs posted after others: in a share of the histories without operations. */
  waiters: WaiterPlan[];
}

export interface ClientPlan {
  name: string;
  atMs: number;
  /** An idempotency key: repeated until answered. */
  key?: string;
  /** The same call a second time, so much later, whatever became of the first. */
  twinAfterMs?: number;
  /** It comes twice more with its key: when that still holds, and when it is free. */
  tomorrow?: true;
  jobs: JobPlan[];
}

export interface JobPlan {
  type: SimulatedType;
  priority: number;
  delaySeconds?: number;
  maxAttempts?: number;
  /** The payload has an item of its own. */
  big: boolean;
  /** The handler does something outside through `once`, before all else. */
  once: boolean;
  /** What the handler does, attempt by attempt. */
  behaviours: Behaviour[];
}

export interface PersonPlan {
  name: string;
  atMs: number;
  does: 'retry' | 'cancel' | 'reschedule';
  /** The time it is rescheduled to, from now; past when it is not to wait. */
  inSeconds: number;
  /** Which of the jobs that it fits, 0 ≤ n < 1. */
  pick: number;
}

/** What a history is about: mostly anything, now and then what needs several faults at once to go wrong. */
interface Subject {
  chances: Chances;
  types: readonly SimulatedType[];
  mostSpares: number;
  spareWithinSeconds: readonly number[];
}

const types: readonly SimulatedType[] = ['plain', 'plain', 'plain', 'plain', 'fresh', 'long', 'long'];
const workflowTypes: readonly SimulatedType[] = ['plain', 'step', 'step', 'step', 'long'];

const subjects = {
  anything: (random: Random): Subject => ({
    chances: drawChances(random),
    types,
    mostSpares: 2,
    spareWithinSeconds: [0, 0, 5, 90],
  }),
  leases: (random: Random): Subject => ({
    chances: drawLeaseFaults(random),
    types: ['long'],
    mostSpares: 15,
    spareWithinSeconds: [150],
  }),
  claims: (random: Random): Subject => ({
    chances: drawClaimFaults(random),
    types,
    mostSpares: 3,
    spareWithinSeconds: [0, 5],
  }),
};
export type SubjectName = keyof typeof subjects | 'operations' | 'waiters' | 'keys';

/** So many histories have redrives and bulk cancels, whatever else they are about. */
const operatedShare = 0.12;
/** So many of the others have jobs that wait for others. */
const waitedShare = 0.25;

/** In so many a client comes again on the next day. */
const comesAgainShare = 0.02;

/** Histories of workflows are about one of the subjects besides. */
const withWorkflows = {
  workflows: 'anything',
  'workflows that lose leases': 'leases',
  'added nodes': 'anything',
  'late signals': 'anything',
  'unique keys': 'anything',
} as const;
export type About = SubjectName | keyof typeof withWorkflows;

/** @param about the subject, where it is not the seed's to decide */
export function drawPlan(seed: number, about?: About): Plan {
  if (about !== undefined && isOfWorkflows(about))
    return addWorkflows(drawPlan(seed, withWorkflows[about]), streamOf(seed, 'workflows'), about);
  const plan = drawJobs(seed, about);
  const random = streamOf(seed, 'workflows');
  return about === undefined && random() < 0.18 ? addWorkflows(plan, random, 'workflows') : plan;
}

const isOfWorkflows = (about: About): about is keyof typeof withWorkflows => about in withWorkflows;

/** Leases that are not renewed and settles that take long, while spare pointers come in all the time. */
const lossy = { unrenewed: 1, slow: 0.35, refused: 0.02, answerLost: 0, late: 0, cut: 0, crash: 0 };

/** One workflow or two, beside some of the jobs. A stream of its own: what they draw moves nobody else's luck. */
function addWorkflows(plan: Plan, random: Random, about: keyof typeof withWorkflows): Plan {
  if (about === 'workflows that lose leases')
    return {
      ...plan,
      chances: { ...plan.chances, ...lossy },
      clients: [],
      persons: [],
      workflows: [drawLossyWorkflow('workflow 1', random)],
    };
  // What it takes some luck to see is looked for where little else happens.
  const alone = about === 'unique keys' || about === 'late signals' ? { clients: [], persons: [] } : {};
  const overtaken = about === 'unique keys' ? { late: 0.12, slow: 0.35 } : {};
  return {
    ...plan,
    chances: { ...plan.chances, ...drawExecutionFaults(random), ...overtaken },
    clients: plan.clients.slice(0, 1).map((each) => ({ ...each, jobs: each.jobs.slice(0, 4) })),
    persons: plan.persons.slice(0, 2),
    workflows: drawMore(
      named('workflow', random() < 0.75 ? 1 : 2, (name) =>
        drawWorkflow(name, random, plan.faultyMs, workflowTypes),
      ),
      ...([plan.seed, workflowTypes, about] as const),
    ),
    ...alone,
  };
}

function drawJobs(seed: number, about: SubjectName | undefined): Plan {
  const random = streamOf(seed, 'plan');
  const faultyMs = between(random, 2, 8) * minute;
  const roll = random();
  const drawn = roll < 0.12 ? 'leases' : roll < 0.22 ? 'claims' : 'anything';
  const { types: among, ...subject } =
    subjects[about === undefined || !(about in subjects) ? drawn : (about as keyof typeof subjects)](random);
  const plan = withTomorrow(about, {
    seed,
    faultyMs,
    ...subject,
    spared: [],
    mostSkewMs: oneOf(random, [0, 1_500, 2_400]),
    inFlightLimit: oneOf(random, [120_000, 50, 8]),
    maxReceiveCount: oneOf(random, [20, 6, 3]),
    deployAtMs: random() < 0.7 ? 0 : between(random, 0, faultyMs),
    clients: named('client', between(random, 1, 5), (name) => drawClient(name, random, faultyMs, among)),
    persons: named('person', between(random, 0, 8), (name) => ({
      name,
      atMs: between(random, minute, faultyMs + 10 * minute),
      does: oneOf(random, ['retry', 'cancel', 'reschedule'] as const),
      inSeconds: oneOf(random, [-10, 5, 100, 600, 2_000, 5_000]),
      pick: random(),
    })),
    operations: [],
    workflows: [],
    waiters: [],
  });
  // From a stream of their own: the other histories are the same without them.
  const more = streamOf(seed, 'operations');
  const operated = more() < operatedShare || about === 'operations';
  if (!operated) {
    const waiting = streamOf(seed, 'waiters');
    const waited = waiting() < waitedShare || about === 'waiters';
    return waited
      ? { ...plan, waiters: drawWaiters(waiting, faultyMs, () => drawJob(waiting, among)) }
      : plan;
  }
  const { operations, persons } = drawOperations(more, faultyMs);
  // Where calls take seconds, an operation takes several starts.
  const slow = more() < 0.3 ? 0.5 : plan.chances.slow;
  return {
    ...plan,
    chances: { ...plan.chances, slow },
    operations,
    persons: [...plan.persons, ...persons],
    clients: plan.clients.map((each) => {
      // There is something to redrive: more jobs, earlier, and most of them fail for good at their first attempt.
      const failing = Array.from({ length: oneOf(more, [2, 6, 10]) }, () => drawFailing(more, among));
      return { ...each, atMs: each.atMs / 2, jobs: [...each.jobs, ...failing].slice(0, 14) };
    }),
  };
}

/** In some histories a client comes again on the next day. */
function withTomorrow(about: SubjectName | undefined, plan: Plan): Plan {
  const [first, ...others] = plan.clients as [ClientPlan, ...ClientPlan[]];
  if (streamOf(plan.seed, 'tomorrow')() >= comesAgainShare && about !== 'keys') return plan;
  return { ...plan, clients: [{ ...first, key: `key of ${first.name}`, tomorrow: true }, ...others] };
}

function drawFailing(random: Random, among: readonly SimulatedType[]): JobPlan {
  const { delaySeconds: _, ...job } = drawJob(random, among);
  const afterMs = oneOf(random, [0, 1_000]);
  return { ...job, behaviours: job.behaviours.with(0, { does: 'fail', afterMs, how: 'permanent' }) };
}

function drawClient(
  name: string,
  random: Random,
  faultyMs: number,
  among: readonly SimulatedType[],
): ClientPlan {
  const key = random() < 0.6 ? `key of ${name}` : undefined;
  return {
    name,
    atMs: between(random, 0, faultyMs / 2),
    ...(key === undefined ? {} : { key }),
    ...(key !== undefined && random() < 0.2 ? { twinAfterMs: between(random, 0, 100) } : {}),
    jobs: Array.from({ length: oneOf(random, [1, 1, 2, 4, 8, 12]) }, () => drawJob(random, among)),
  };
}

function drawJob(random: Random, among: readonly SimulatedType[]): JobPlan {
  const type = oneOf(random, among);
  return {
    type,
    priority: oneOf(random, [0, 4, 4, 7, 9]),
    ...(random() < 0.3 ? { delaySeconds: oneOf(random, [1, 30, 300, 1_000, 4_000]) } : {}),
    ...(random() < 0.3 ? { maxAttempts: between(random, 1, 3) } : {}),
    big: random() < 0.15,
    once: random() < 0.2,
    behaviours: Array.from({ length: 4 }, () => drawBehaviour(random, type === 'long')),
  };
}

function named<T>(kind: string, count: number, draw: (name: string) => T): T[] {
  return Array.from({ length: count }, (_, index) => draw(`${kind} ${index + 1}`));
}
