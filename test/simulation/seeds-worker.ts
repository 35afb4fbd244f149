import { parentPort } from 'node:worker_threads';
import { runSeeds } from './seeds.ts';

/** One thread of `runManySeeds`. */
parentPort?.on('message', ({ from, count }: { from: number; count: number }) => {
  // An error of the simulation itself ends the thread, and with it the run.
  void runSeeds(from, count).then((result) => parentPort?.postMessage(result));
});
