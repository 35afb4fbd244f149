/** The jobs of the load: of every kind that a fault can meet in another place. */
import type { EnqueueRequest } from '../../core/api.ts';
import { between, oneOf, type Random } from '../simulation/random.ts';
import { slowKey } from './trickle.ts';

/** What a run offers to jobs that call out. */
export interface Paths {
  quick: string;
  /** Answers after a while: such jobs are in flight when a process is killed. */
  slow: string;
  failsOnce: string;
  refuses: string;
}

interface Kind {
  weight: number;
  make(random: Random, paths: Paths): EnqueueRequest;
}

const echo = (random: Random, letters: number): EnqueueRequest => ({
  type: 'echo',
  payload: { message: 'x'.repeat(letters) },
  priority: between(random, 0, 9),
});

const webhook = (random: Random, url: string, letters = 10): EnqueueRequest => ({
  type: 'webhook.deliver',
  payload: { url, body: 'x'.repeat(letters) },
  priority: between(random, 0, 9),
});

const kinds: Record<string, Kind> = {
  echo: { weight: 25, make: (random) => echo(random, between(random, 1, 200)) },
  // Its payload is an item of its own; above 8 KB an object.
  big_echo: { weight: 5, make: (random) => echo(random, oneOf(random, [2_000, 6_000, 20_000])) },
  delayed: {
    weight: 10,
    make: (random) => ({ ...echo(random, 10), delay_seconds: between(random, 1, 8) }),
  },
  csv: {
    weight: 5,
    make: (random) => ({
      type: 'csv.summarize',
      payload: { csv: `a,b\n${'1,2\n'.repeat(between(random, 100, 5_000))}` },
    }),
  },
  big: {
    weight: 5,
    make: (random, { quick }) => webhook(random, quick, oneOf(random, [2_000, 6_000, 20_000])),
  },
  later: {
    weight: 5,
    make: (random, { quick }) => ({ ...webhook(random, quick), delay_seconds: between(random, 1, 8) }),
  },
  // Longer than renewals are apart, in a long queue.
  long: {
    weight: 5,
    make: (random) => ({
      type: 'object.checksum',
      payload: { key: slowKey(between(random, 500, 14_000)) },
      priority: between(random, 0, 9),
    }),
  },
  quick: { weight: 15, make: (random, { quick }) => webhook(random, quick) },
  slow: { weight: 30, make: (random, { slow }) => webhook(random, slow) },
  fails_once: { weight: 8, make: (random, { failsOnce }) => webhook(random, failsOnce) },
  refused: { weight: 1, make: (random, { refuses }) => webhook(random, refuses) },
  // Killed, it is failed: it was promised one start at most.
  one_start: { weight: 1, make: (random, { slow }) => ({ ...webhook(random, slow), max_attempts: 1 }) },
};

/** A job of the mix; only of kinds named, if any are. */
export function drawJob(
  random: Random,
  paths: Paths,
  only: readonly string[] = Object.keys(kinds),
): EnqueueRequest {
  const among = Object.entries(kinds).filter(([name]) => only.includes(name));
  let point = random() * among.reduce((sum, [, { weight }]) => sum + weight, 0);
  const [, kind] = among.find(([, { weight }]) => {
    point -= weight;
    return point < 0;
  }) as [string, Kind];
  return kind.make(random, paths);
}
