import { answer, ok, type Sink } from '../e2e/sink.ts';
import { between, type Random } from '../simulation/random.ts';
import type { Paths } from './jobs.ts';

/** Longer than most kills are apart, and short enough that quarantine, which takes one at a time, keeps up. */
const slowMs = [300, 3_000] as const;

/** The receivers of webhooks that the load's jobs call. */
export function receivers(sink: Sink, random: Random): Paths {
  return {
    quick: sink.url('/quick', ok),
    slow: sink.url('/slow', (response, nth) => {
      setTimeout(() => ok(response, nth), between(random, ...slowMs));
    }),
    failsOnce: sink.url('/fails-once', (response, nth) =>
      (nth === 1 ? answer(503, { 'retry-after': '1' }) : ok)(response, nth),
    ),
    refuses: sink.url('/refuses', answer(404)),
  };
}
