import { isOwn } from '../../core/define.ts';
import { isFinal, isWaiting } from '../../core/state.ts';
import { deadLanes, type LaneName, workLanes } from './lanes.ts';
import { type PersonPlan, type Plan, start } from './plan.ts';
import type { Plant } from './plants.ts';
import { Broken, type PromiseName } from './promises.ts';
import { between, oneOf, streamOf } from './random.ts';
import { makeScheduler } from './scheduler.ts';
import { makeWorld, minuteTasks } from './world.ts';

const minute = 60_000;
/** The jobs that an act fits, as far as a person sees. */
const fit: Record<PersonPlan['does'], (status: string) => boolean> = {
  retry: (status) => status === 'failed' || status === 'cancelled',
  cancel: (status) => isWaiting(status) || status === 'running' || status === 'waiting_dependencies',
  reschedule: isWaiting,
};
/** Long enough for the longest delay, every retry, and some burials. */
const longestMs = 8 * 60 * minute;

const cancelOf = (name: string): PersonPlan => ({
  ...{ name: `person who stops ${name}`, atMs: 0, does: 'cancel', inSeconds: 0, pick: 0 },
});
/** A node waits for the one before it; a wait that missed its wake-up ends after an hour, an execution that is gone is found within two. */
const longestFlowMs = 72 * 60 * minute;

/** An idempotency key holds for a day at least; begun anew by repeats of its first call, for an hour more and another. */
const heldMs = 23.9 * 60 * minute;
const freeMs = 27.5 * 60 * minute;

export interface History {
  /** The promise that was broken, and how; undefined when all held. */
  broken?: { promise: PromiseName; message: string };
  events: number;
  /** Faults that happened. */
  struck: readonly string[];
  /** What happened, line by line, if it was to be told. */
  lines: string[];
}

/** One history: some clients, some persons, faults for a while, then none. The plan decides everything. */
export async function runHistory(
  plan: Plan,
  { plant, told = false }: { plant?: Plant; told?: boolean } = {},
): Promise<History> {
  const scheduler = makeScheduler(start);
  const { now, at } = scheduler;
  const lines: string[] = [];
  const say = (line: () => string): void => {
    if (told) lines.push(`${((now() - start) / 1000).toFixed(3).padStart(9)} s  ${line()}`);
  };
  const pollers = new Map([...workLanes, ...deadLanes].map((lane) => [lane, poller(lane)]));
  const world = makeWorld(scheduler, plan, plant, say, (lane) => pollers.get(lane)?.());
  const { watch, table, lanes, flows } = world;
  let failure: unknown;
  const guard = (promise: Promise<unknown>): void => {
    promise.catch((error: unknown) => {
      failure ??= error;
    });
  };

  for (const client of plan.clients) {
    const call = () => guard(untilAnswered(client.name, client.key, () => world.call(client)));
    at(start + client.atMs, call);
    if (client.twinAfterMs !== undefined) at(start + client.atMs + client.twinAfterMs, call);
    if (client.tomorrow === undefined) continue;
    at(start + client.atMs + heldMs, call);
    at(start + client.atMs + freeMs, () =>
      guard(untilAnswered(`${client.name} again`, client.key, () => world.call(client, 'again'))),
    );
  }
  for (const waiter of plan.waiters)
    at(start + waiter.atMs, () => {
      // Decided once: a repeat of a key names the same jobs.
      const there = table.all().filter(({ status }) => status !== 'void');
      if (there.length === 0) return;
      const ids = waiter.after.map(({ pick }) => oneOf(() => Math.min(pick, 0.999), there).sk);
      guard(untilAnswered(waiter.name, waiter.key, () => world.post(waiter, [...new Set(ids)])));
    });
  for (const person of plan.persons)
    at(start + person.atMs, () => {
      const jobId = fitting(person);
      if (jobId !== undefined) guard(world.act(person, jobId));
    });
  for (const operation of plan.operations) {
    const { name, atMs, key, cancelledAfterMs } = operation;
    at(start + atMs, () => guard(untilAnswered(name, key, () => world.ask(operation))));
    if (cancelledAfterMs === undefined) continue;
    at(start + atMs + cancelledAfterMs, () => {
      const work = table.all().findLast(({ type, status }) => isOwn(type) && !isFinal(status));
      if (work !== undefined) guard(world.act(cancelOf(name), work.sk));
    });
  }
  flows?.all((atMs, run) => at(start + atMs, () => guard(run())));
  const minutes = streamOf(plan.seed, 'minutes');
  const everyMinute = (): void => {
    for (const task of minuteTasks) {
      guard(world.everyMinute(task));
      // EventBridge delivers at least once.
      if (minutes() < 0.1) guard(world.everyMinute(task));
    }
    if (flows !== undefined) guard(flows.everyMinute());
    at(now() + minute, everyMinute);
  };
  at(start + minute, everyMinute);

  let events = 0;
  const afterEach = (): void => {
    events++;
    if (failure !== undefined) throw failure;
    watch.lookAfter();
    flows?.watch.lookAfter();
    const broken = watch.first();
    if (broken !== undefined) throw broken;
  };
  const lastCallMs = plan.clients.some(({ tomorrow }) => tomorrow) ? freeMs + plan.faultyMs : 0;
  const mostMs = (flows === undefined ? longestMs : longestFlowMs) + lastCallMs;
  const result = () => ({ events, struck: world.fates.struck(), lines });
  try {
    await scheduler.runUntil(start + plan.faultyMs, afterEach);
    while (now() < start + mostMs && !over()) await scheduler.runUntil(now() + minute, afterEach);
    watch.allFinal();
    flows?.watch.allEnded();
    afterEach();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ...result(), broken: { promise: error.promise, message: error.message } };
  }
  return result();

  /** Whoever has a key repeats a call until it is answered. */
  async function untilAnswered(
    name: string,
    key: string | undefined,
    call: () => Promise<'answered' | 'unknown'>,
  ): Promise<void> {
    const random = streamOf(plan.seed, `patience of ${name}`);
    const patienceMs = oneOf(random, [20_000, 120_000]);
    for (let tries = 0; tries < (key === undefined ? 1 : 30); tries++) {
      if ((await call()) === 'answered') return;
      await scheduler.sleep(between(random, 1_000, patienceMs));
    }
  }

  /** The job a person picks among those that the act fits. */
  function fitting({ does, pick }: PersonPlan): string | undefined {
    const fits = table.all().filter(({ status }) => fit[does](status));
    return fits.length === 0 ? undefined : oneOf(() => pick, fits).sk;
  }

  /** Lambda looks into a lane soon after a message can be seen there. */
  function poller(lane: LaneName): () => void {
    const random = streamOf(plan.seed, `poller of ${lane}`);
    let next = Number.POSITIVE_INFINITY;
    const look = (): unknown => {
      if (next > now()) return 'idle';
      next = Number.POSITIVE_INFINITY;
      const isIdle = lanes.visible(lane) === 0;
      if (!isIdle) guard(world.invoke(lane));
      replan();
      return isIdle ? 'idle' : 'busy';
    };
    const replan = (): void => {
      const from = lanes.nextAt(lane);
      if (from === undefined) return;
      const time = Math.max(from, now()) + between(random, 2, oneOf(random, [10, 400]));
      if (time >= next) return;
      next = time;
      at(time, look);
    };
    return replan;
  }

  function over(): boolean {
    return (
      now() >= start + lastCallMs &&
      (flows?.watch.over() ?? true) &&
      table.all().every(({ status }) => isFinal(status) || status === 'void')
    );
  }
}
