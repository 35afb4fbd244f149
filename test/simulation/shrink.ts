import { isDeepStrictEqual } from 'node:util';
import { plainly } from './handlers.ts';
import { type History, runHistory } from './history.ts';
import type { ClientPlan, JobPlan, Plan } from './plan.ts';
import type { Plant } from './plants.ts';
import { plainerWorkflows, shrinkWorkflows } from './workflow/shrink.ts';

/** So many replays and no more: a history is to be short, not the shortest there is. */
const mostReplays = 1_000;

export interface Shrunk {
  plan: Plan;
  history: History;
  replays: number;
}

/**
 * The shortest history found that breaks the same promise: clients, jobs, persons and faults are left out, one
 * after the other, as long as it still breaks. The same plan always shrinks to the same.
 */
export async function shrink(plan: Plan, history: History, plant?: Plant): Promise<Shrunk> {
  let best = { plan, history };
  let replays = 0;
  let isShorter = true;

  const breaks = async (smaller: Plan): Promise<void> => {
    if (replays >= mostReplays || isDeepStrictEqual(smaller, best.plan)) return;
    replays++;
    const result = await runHistory(smaller, plant === undefined ? {} : { plant });
    if (result.broken?.promise !== history.broken?.promise) return;
    best = { plan: smaller, history: result };
    isShorter = true;
  };

  while (isShorter && replays < mostReplays) {
    isShorter = false;
    await leaveOut(
      () => best.plan.clients,
      (clients) => breaks({ ...best.plan, clients }),
    );
    await leaveOut(
      () => best.plan.persons,
      (persons) => breaks({ ...best.plan, persons }),
    );
    await leaveOut(
      () => best.plan.operations,
      (operations) => breaks({ ...best.plan, operations }),
    );
    await leaveOut(
      () => best.plan.waiters,
      (waiters) => breaks({ ...best.plan, waiters }),
    );
    await leaveOut(
      () => best.history.struck,
      (kept) =>
        breaks({ ...best.plan, spared: [...best.plan.spared, ...leftOut(best.history.struck, kept)] }),
    );
    for (const { name } of best.plan.clients) {
      const jobs = (): JobPlan[] => best.plan.clients.find((each) => each.name === name)?.jobs ?? [];
      await leaveOut(jobs, (kept) =>
        kept.length === 0 ? Promise.resolve() : breaks(withClient(best.plan, name, { jobs: kept })),
      );
    }
    await shrinkWorkflows(() => best.plan, breaks, leaveOut);
    for (const plainer of [...simplifications(best.plan), ...plainerWorkflows(best.plan)])
      await breaks(plainer(best.plan));
  }
  return { ...best, replays };
}

/** Tries to leave out runs of entries, from the end on: halves, quarters, and at last each by itself. */
async function leaveOut<T>(list: () => readonly T[], tryWith: (kept: T[]) => Promise<void>): Promise<void> {
  for (let size = Math.ceil(list().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = list().length; end > 0; end -= size) {
      const all = list();
      await tryWith([...all.slice(0, Math.max(0, end - size)), ...all.slice(end)]);
    }
  }
}

function leftOut<T>(all: readonly T[], kept: readonly T[]): T[] {
  const staying = new Set(kept);
  return all.filter((each) => !staying.has(each));
}

/** Every part of a plan that can be plainer, by itself. */
function* simplifications(plan: Plan): Generator<(plan: Plan) => Plan> {
  yield (now) => ({ ...now, mostSkewMs: 0 });
  yield (now) => ({ ...now, deployAtMs: 0 });
  yield (now) => ({ ...now, inFlightLimit: 120_000, maxReceiveCount: 20 });
  for (const { name, jobs } of plan.clients) {
    yield (now) => withoutRepeats(now, name);
    for (const [index, job] of jobs.entries()) {
      const change = (plainer: (job: JobPlan) => JobPlan) => (now: Plan) =>
        withJob(now, name, index, plainer);
      for (const attempt of job.behaviours.keys())
        yield change((now) => ({ ...now, behaviours: now.behaviours.with(attempt, plainly) }));
      yield change(({ delaySeconds: _, ...now }) => now);
      yield change(({ maxAttempts: _, ...now }) => now);
      yield change((now) => ({ ...now, big: false }));
      yield change((now) => ({ ...now, once: false }));
      yield change((now) => ({ ...now, type: 'plain', priority: 4 }));
    }
  }
}

function withoutRepeats(plan: Plan, name: string): Plan {
  const clients = plan.clients.map((each) => {
    if (each.name !== name) return each;
    const { key: _, twinAfterMs: __, tomorrow: ___, ...plain } = each;
    return plain;
  });
  return { ...plan, clients };
}

function withJob(plan: Plan, name: string, index: number, plainer: (job: JobPlan) => JobPlan): Plan {
  const jobs = plan.clients.find((each) => each.name === name)?.jobs ?? [];
  const job = jobs[index];
  return job === undefined ? plan : withClient(plan, name, { jobs: jobs.with(index, plainer(job)) });
}

function withClient(plan: Plan, name: string, part: Partial<ClientPlan>): Plan {
  return {
    ...plan,
    clients: plan.clients.map((each) => (each.name === name ? { ...each, ...part } : each)),
  };
}
