import { runSeeds } from '../simulation/seeds.ts';

const warmHistories = 50;

/** Histories of the simulation a minute, one after the other on one core. Throws when one of them breaks a promise. */
export async function measureSimulation(histories: number): Promise<number> {
  await runSeeds(0, warmHistories);
  const started = performance.now();
  const { broken } = await runSeeds(warmHistories, histories);
  const ms = performance.now() - started;
  const [first] = broken;
  if (first !== undefined)
    throw new Error(`seed ${first.seed} breaks "${first.promise}": npm run simulate -- --seed ${first.seed}`);
  return (histories / ms) * 60_000;
}
