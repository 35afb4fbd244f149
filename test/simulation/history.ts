import { lanes } from '../../core/lane.ts';
import { isFinal } from '../../core/state.ts';
import { drawBehaviour } from './handlers.ts';
import type { QueueName } from './lanes.ts';
import type { Plants } from './ports.ts';
import { noFaults } from './process.ts';
import { Broken } from './promises.ts';
import { between, oneOf, seeded } from './random.ts';
import { makeScheduler } from './scheduler.ts';
import { makeWorld } from './world.ts';

const start = 1_800_000_000_000;
const quiet = { ...noFaults, throttled: 0, duplicates: 0, sealing: 0 };
const queues: readonly QueueName[] = [...lanes, 'dead'];
const minute = 60_000;

export interface HistoryResult {
  seed: number;
  /** The promise that was broken; undefined when all held. */
  broken?: string;
  events: number;
  lines: string[];
}

/**
 * One history: some clients, some persons, faults for a while, then none. The seed decides everything.
 * @param limit how many events may happen at the most: a shorter history of the same seed
 */
export async function runHistory(seed: number, plants: Plants = {}): Promise<HistoryResult> {
  const random = seeded(seed);
  const scheduler = makeScheduler(start);
  const lines: string[] = [];
  const say = (line: string) =>
    void lines.push(`${((scheduler.now() - start) / 1000).toFixed(3).padStart(9)} s  ${line}`);
  const world = makeWorld(scheduler, random, plants, say);
  let failure: unknown;
  const guard = (promise: Promise<unknown>): void => {
    promise.catch((error: unknown) => {
      failure ??= error;
    });
  };

  const chance = (most: number) => (random() < 0.5 ? 0 : random() * most);
  const faultyMs = between(random, 2, 8) * minute;
  world.setFaults({
    crash: chance(0.12),
    refused: chance(0.05),
    answerLost: chance(0.05),
    sentTwice: chance(0.08),
    late: chance(0.04),
    throttled: chance(0.1),
    duplicates: chance(0.8),
    sealing: chance(0.02),
  });
  scheduler.at(start + faultyMs, () => world.setFaults(quiet));

  for (let client = between(random, 1, 5); client > 0; client--) {
    scheduler.at(start + between(random, 0, faultyMs / 2), () => guard(enqueueUntilAnswered()));
  }

  async function enqueueUntilAnswered(): Promise<void> {
    const jobs = Array.from({ length: between(random, 1, 8) }, () => ({
      behaviours: Array.from({ length: 4 }, () => drawBehaviour(random)),
      body: {
        priority: between(random, 0, 9),
        ...(random() < 0.3 ? { delay_seconds: oneOf(random, [1, 30, 300, 1_000, 4_000]) } : {}),
        ...(random() < 0.3 ? { max_attempts: between(random, 1, 3) } : {}),
      },
    }));
    const key = random() < 0.6 ? `key ${random()}` : undefined;
    for (let tries = 0; tries < (key === undefined ? 1 : 30); tries++) {
      if ((await world.enqueueJobs(jobs, key)) === 'answered') return;
      await scheduler.sleep(between(random, 1_000, 20_000));
    }
  }

  for (let person = between(random, 0, 4); person > 0; person--) {
    scheduler.at(start + between(random, minute, faultyMs + 10 * minute), () => {
      const verb = oneOf(random, ['retry', 'cancel'] as const);
      const fitting = world
        .records()
        .filter((each) =>
          verb === 'retry'
            ? each.status === 'failed' || each.status === 'cancelled'
            : !isFinal(each.status) && each.status !== 'void',
        );
      if (fitting.length > 0) guard(world.person(verb, oneOf(random, fitting)));
    });
  }

  // Lambda's pollers, each looking now and then; and the minute of EventBridge, sometimes two at once.
  const poll = (queue: QueueName): void => {
    const pause = world.waiting(queue) > 0 ? between(random, 5, 400) : between(random, 300, 3_000);
    scheduler.at(scheduler.now() + pause, () => {
      const idle = world.waiting(queue) === 0;
      if (!idle) guard(world.invoke(queue));
      poll(queue);
      return idle ? 'idle' : 'busy';
    });
  };
  for (const queue of queues) poll(queue);
  const everyMinute = (): void => {
    guard(world.releaseOnce());
    if (random() < 0.1) guard(world.releaseOnce());
    scheduler.at(scheduler.now() + minute, everyMinute);
  };
  scheduler.at(start + minute, everyMinute);

  let events = 0;
  const afterEach = (): void => {
    events++;
    if (failure !== undefined) throw failure;
    world.check();
  };
  try {
    await scheduler.runUntil(start + faultyMs, afterEach);
    // Long enough for the longest delay, every retry, and three burials.
    for (let hour = 0; hour < 16 && !settled(); hour++)
      await scheduler.runUntil(scheduler.now() + 30 * minute, afterEach);
    world.atEnd();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { seed, broken: error.message, events, lines };
  }
  return { seed, events, lines };

  function settled(): boolean {
    return world.records().every((each) => isFinal(each.status) || each.status === 'void');
  }
}
