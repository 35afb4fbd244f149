import { parseArgs } from 'node:util';
import { runHistory } from './history.ts';
import { drawPlan, type Plan } from './plan.ts';
import { type Plant, plants } from './plants.ts';
import { promises } from './promises.ts';
import { runManySeeds } from './seeds.ts';
import { shrink } from './shrink.ts';

/** `npm run simulate`: many seeds with progress, or one seed with its history. Exit 1 when a promise was broken. */

const usage = `npm run simulate -- --seeds 1000 --from 0, or -- --seed 42, or -- --seed 42 --plant "${Object.keys(plants)[0]}"`;

type Task = { seed: number; plantName?: string } | { from: number; count: number };

class Misused extends Error {}

// Whoever reads no further (`| head`) has what they wanted.
process.stdout.on('error', () => process.exit());

try {
  const task = readTask(process.argv.slice(2));
  const kept = 'seed' in task ? await one(task.seed, task.plantName) : await many(task.from, task.count);
  process.exitCode = kept ? 0 : 1;
} catch (error) {
  if (!(error instanceof Misused)) throw error;
  console.error(`${error.message}. Use: ${usage}`);
  process.exitCode = 2;
}

function readTask(args: string[]): Task {
  const text = { type: 'string' } as const;
  const { seed, seeds, from, plant } = parsed(() =>
    parseArgs({ args, options: { seed: text, seeds: text, from: text, plant: text } }),
  ).values;
  if (seed === undefined) {
    if (plant !== undefined) throw new Misused('--plant goes with --seed');
    return { count: whole('seeds', seeds ?? '1000', 1), from: whole('from', from ?? '0', 0) };
  }
  if (seeds !== undefined || from !== undefined)
    throw new Misused('--seed is one seed, --seeds and --from are a range: give one of them');
  if (plant !== undefined && plants[plant] === undefined)
    throw new Misused(`there is no plant "${plant}"; there are ${quoted(Object.keys(plants))}`);
  return { seed: whole('seed', seed, 0), ...(plant === undefined ? {} : { plantName: plant }) };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    // One sentence of Node's, without its advice.
    throw new Misused((error as Error).message.split(/\. |\n/)[0]);
  }
}

function whole(flag: string, given: string, least: number): number {
  if (!/^\d{1,9}$/.test(given) || Number(given) < least)
    throw new Misused(`--${flag} is "${given}"; a whole number from ${least} to 999999999`);
  return Number(given);
}

function quoted(names: readonly string[]): string {
  return names.map((each) => `"${each}"`).join(', ');
}

async function one(seed: number, plantName: string | undefined): Promise<boolean> {
  const plant: Plant | undefined = plantName === undefined ? undefined : plants[plantName];
  const options = plant === undefined ? {} : { plant };
  const plan = drawPlan(seed, plant?.about);
  const whole = await runHistory(plan, { ...options, told: true });
  if (whole.broken === undefined) {
    console.log(whole.lines.join('\n'));
    console.log(`\nSeed ${seed}: every promise held.`);
    return true;
  }
  const { promise } = whole.broken;
  console.log(`Seed ${seed} breaks "${promise}": ${promises[promise]}.`);
  console.log(`${whole.broken.message}.\nThat is ${sizeOf(plan, whole)}.`);
  const short = await shrink(plan, whole, plant);
  const told = await runHistory(short.plan, { ...options, told: true });
  console.log(`After ${short.replays} replays: ${sizeOf(short.plan, told)}.\n`);
  console.log(told.lines.join('\n'));
  console.log(`\n${told.broken?.message}.`);
  console.log(`The same again: ${commandFor(seed, plantName)}`);
  return false;
}

function sizeOf(plan: Plan, { events, struck }: { events: number; struck: readonly string[] }): string {
  const jobs = plan.clients.reduce((sum, each) => sum + each.jobs.length, 0);
  const counts = [
    ...[plan.clients.length, jobs, plan.workflows.length, plan.persons.length, plan.operations.length],
    ...[struck.length, events],
  ];
  return ['client', 'job', 'workflow', 'person', 'operation', 'fault', 'event']
    .map((name, index) => `${counts[index]} ${name}${counts[index] === 1 ? '' : 's'}`)
    .join(', ');
}

function commandFor(seed: number, plantName: string | undefined): string {
  return `npm run simulate -- --seed ${seed}${plantName === undefined ? '' : ` --plant "${plantName}"`}`;
}

async function many(from: number, count: number): Promise<boolean> {
  const started = performance.now();
  const sum = { histories: 0, events: 0, faults: 0, broken: 0 };
  let toldAt = 0;
  await runManySeeds(from, count, ({ histories, events, faults, broken }) => {
    for (const each of broken)
      console.log(
        `seed ${each.seed} breaks "${each.promise}": ${each.message}. ${commandFor(each.seed, undefined)}`,
      );
    sum.histories += histories;
    sum.events += events;
    sum.faults += faults;
    sum.broken += broken.length;
    const ms = performance.now() - started;
    if (ms - toldAt < 5_000 && sum.histories < count) return;
    toldAt = ms;
    const perMinute = Math.round((sum.histories / ms) * 60_000);
    console.log(
      `${sum.histories} of ${count} histories, ${sum.events} events, ${sum.faults} faults, ${sum.broken} broken, ${perMinute} histories a minute`,
    );
  });
  return sum.broken === 0;
}
