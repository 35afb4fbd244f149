import type { CancelMany, RetryMany } from '../../core/many.ts';
import type { PersonPlan } from './plan.ts';
import { between, oneOf, type Random } from './random.ts';

/** What is asked of many jobs at once, and who comes in between. */
export interface OperationPlan {
  name: string;
  atMs: number;
  asked: { does: 'retry'; body: RetryMany } | { does: 'cancel'; body: CancelMany };
  /** An idempotency key: repeated until answered. */
  key?: string;
  /** A person cancels the operation so much later, if it is still at work. */
  cancelledAfterMs?: number;
}

/** @param faultyMs faults for so long */
export function drawOperations(
  random: Random,
  faultyMs: number,
): { operations: OperationPlan[]; persons: PersonPlan[] } {
  const operations = Array.from({ length: oneOf(random, [1, 1, 2, 3]) }, (_, index): OperationPlan => {
    const name = `operation ${index + 1}`;
    return {
      name,
      atMs: between(random, faultyMs / 2, faultyMs),
      asked:
        random() < 0.75
          ? { does: 'retry', body: drawRetry(random, name) }
          : { does: 'cancel', body: drawCancel(random) },
      ...(random() < 0.6 ? { key: `key of ${name}` } : {}),
      ...(random() < 0.2 ? { cancelledAfterMs: between(random, 100, 30_000) } : {}),
    };
  });
  // Persons who come in between, over the same jobs.
  const persons = operations.flatMap(({ name, atMs }) =>
    Array.from({ length: between(random, 0, 4) }, (_, index): PersonPlan => {
      const does = oneOf(random, ['retry', 'retry', 'cancel', 'reschedule'] as const);
      return {
        name: `person ${index + 1} beside ${name}`,
        atMs: atMs + between(random, 0, 20_000),
        does,
        inSeconds: oneOf(random, [-10, 5, 100]),
        pick: random(),
      };
    }),
  );
  return { operations, persons };
}

/** @param name of the operation: told apart by what they patch */
function drawRetry(random: Random, name: string): RetryMany {
  return {
    status: oneOf(random, ['failed', 'failed', 'failed', 'failed', 'failed', 'cancelled']),
    ...(random() < 0.2 ? { type: oneOf(random, ['plain', 'long']) } : {}),
    ...(random() < 0.3 ? { patch: { [name]: 'patched' } } : {}),
    ...(random() < 0.5
      ? {
          canary: {
            percent: oneOf(random, [1, 20, 50]),
            max_failure_rate: oneOf(random, [0, 0.3, 1]),
            wait_seconds: oneOf(random, [10, 60, 300]),
          },
        }
      : {}),
  };
}

function drawCancel(random: Random): CancelMany {
  return random() < 0.5
    ? { since: '2020-01-01T00:00:00Z' }
    : { status: oneOf(random, ['scheduled', 'pending', 'retrying', 'running']) };
}
