import { parseArgs } from 'node:util';
import { runHistory } from './history.ts';

/** `npm run simulate`: many seeds with progress, or one seed with its history. Exit 1 when a promise was broken. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
  },
});

const broken =
  values.seed === undefined
    ? await many(whole(values.from), whole(values.seeds))
    : await one(whole(values.seed));
process.exitCode = broken === 0 ? 0 : 1;

async function one(seed: number): Promise<number> {
  const { lines, broken } = await runHistory(seed);
  console.log(lines.join('\n'));
  console.log(broken === undefined ? `seed ${seed}: every promise held` : `seed ${seed}: ${broken}`);
  return broken === undefined ? 0 : 1;
}

async function many(from: number, count: number): Promise<number> {
  const started = performance.now();
  let failures = 0;
  let events = 0;
  for (let seed = from; seed < from + count; seed++) {
    const result = await runHistory(seed);
    events += result.events;
    if (result.broken !== undefined) {
      failures++;
      console.log(`seed ${seed}: ${result.broken}; its history: npm run simulate -- --seed ${seed}`);
    }
    const done = seed - from + 1;
    if (done % 500 === 0 || done === count) {
      const perMinute = Math.round((done / (performance.now() - started)) * 60_000);
      console.log(
        `${done} of ${count} histories, ${events} events, ${failures} broken, ${perMinute} histories a minute`,
      );
    }
  }
  return failures;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`"${text}" is no whole number; e.g. npm run simulate -- --seeds 1000 --from 0`);
  return Number(text);
}
