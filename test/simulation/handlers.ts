import type { JobContext } from '../../core/define.ts';
import { PermanentError, SystemError, TransientError } from '../../core/errors.ts';
import type { Process } from './process.ts';
import { oneOf, type Random } from './random.ts';

/** `odd`: what it throws has neither a prototype nor a text. */
type How = 'transient' | 'odd' | 'permanent' | 'system' | 'asked';

/** What a simulated handler does on one attempt. */
export type Behaviour =
  | { does: 'return'; afterMs: number }
  | { does: 'fail'; afterMs: number; how: How }
  /** Listens to nothing and never ends by itself. */
  | { does: 'hang' }
  /** Blocks the event loop of its process, then returns. */
  | { does: 'block'; ms: number }
  /** Takes its whole process down: out of memory, a native crash. */
  | { does: 'kill'; afterMs: number };

/** The least that a handler can do. */
export const plainly: Behaviour = { does: 'return', afterMs: 0 };

/** @param long its handler is given minutes */
export function drawBehaviour(random: Random, long: boolean): Behaviour {
  const roll = random();
  const afterMs = oneOf(random, long ? [5, 1_000, 25_000, 60_000, 100_000] : [0, 5, 50, 1_000, 20_000]);
  if (roll < 0.6) return { does: 'return', afterMs };
  if (roll < 0.8)
    return {
      does: 'fail',
      afterMs,
      how: oneOf(random, ['transient', 'odd', 'permanent', 'system', 'asked']),
    };
  if (roll < 0.87) return { does: 'hang' };
  if (roll < 0.93)
    return {
      does: 'block',
      ms: oneOf(random, long ? [20_000, 45_000, 90_000, 140_000] : [2_000, 20_000, 45_000]),
    };
  return { does: 'kill', afterMs };
}

/** Carries a behaviour out inside its process. */
export async function behave(
  behaviour: Behaviour,
  process: Process,
  job: JobContext,
  now: () => number,
): Promise<unknown> {
  switch (behaviour.does) {
    case 'return':
      await process.sleep(behaviour.afterMs);
      return { attempt: job.attempt };
    case 'fail':
      await process.sleep(behaviour.afterMs);
      throw thrownFor(behaviour.how);
    case 'hang':
      return new Promise(() => {});
    case 'block':
      process.blockedUntil = Math.max(process.blockedUntil, now()) + behaviour.ms;
      await process.sleep(0);
      return { attempt: job.attempt };
    case 'kill':
      await process.sleep(behaviour.afterMs);
      process.die('a job took all memory');
      return new Promise(() => {});
  }
}

function thrownFor(how: How): unknown {
  if (how === 'odd') return Object.create(null);
  if (how === 'permanent') return new PermanentError('refused', 'rejected');
  if (how === 'system') return new SystemError('no memory', 'out_of_memory');
  if (how === 'asked')
    return new TransientError('come back later', 'rate_limit', { retryAfterSeconds: 1_200 });
  return new TransientError('no connection', 'network');
}
