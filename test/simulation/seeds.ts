import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { runHistory } from './history.ts';
import { drawPlan } from './plan.ts';
import type { PromiseName } from './promises.ts';

/** What became of a run of seeds. */
export interface SeedsResult {
  histories: number;
  events: number;
  faults: number;
  broken: { seed: number; promise: PromiseName; message: string }[];
}

/** Seeds one after the other, in this thread. */
export async function runSeeds(from: number, count: number): Promise<SeedsResult> {
  const result: SeedsResult = { histories: 0, events: 0, faults: 0, broken: [] };
  for (let seed = from; seed < from + count; seed++) {
    const { events, struck, broken } = await runHistory(drawPlan(seed));
    result.histories++;
    result.events += events;
    result.faults += struck.length;
    if (broken !== undefined) result.broken.push({ seed, ...broken });
  }
  return result;
}

/** Seeds that a thread is given at a time. */
const portion = 250;

/** Seeds spread over the machine's cores; `onPortion` hears of each portion as it ends. */
export async function runManySeeds(
  from: number,
  count: number,
  onPortion: (result: SeedsResult) => void,
): Promise<void> {
  const end = from + count;
  let next = from;
  const take = (): { from: number; count: number } | undefined => {
    if (next >= end) return undefined;
    const taken = { from: next, count: Math.min(portion, end - next) };
    next += taken.count;
    return taken;
  };
  const threads = Math.min(availableParallelism(), Math.ceil(count / portion));
  await Promise.all(Array.from({ length: threads }, () => runPortions(take, onPortion)));
}

function runPortions(
  take: () => { from: number; count: number } | undefined,
  onPortion: (result: SeedsResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./seeds-worker.ts', import.meta.url));
    const giveNext = (): void => {
      const taken = take();
      if (taken !== undefined) worker.postMessage(taken);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (result: SeedsResult) => {
      onPortion(result);
      giveNext();
    });
    worker.on('error', reject);
    giveNext();
  });
}
