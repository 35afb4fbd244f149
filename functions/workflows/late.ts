import { problem } from '../../core/problem.ts';
import { never } from '../../core/table.ts';
import { rfc3339 } from '../../core/view.ts';
import { decodeNews } from '../../core/workflow/news.ts';
import type { Loaded } from '../advance/load.ts';

/** Two clocks differ by less than this. */
const clocksMs = 5_000;

/** How nodes stand to a signal: it is, or will be, heard; the one deadline passes just now; all deadlines have passed. */
export type Heard = 'heard' | 'undecided' | { problem: ReturnType<typeof problem> };

/**
 * What a signal that is sent or kept at a time, ms, can still do.
 * @param isKept it is stored: then an advance that looked a moment before it came, by another clock perhaps, may be
 * about to fail the node, and only the node's state tells
 */
export function heardAt({ specs, states, item }: Loaded, name: string, at: number, isKept: boolean): Heard {
  // A retry was asked for that no advance has heard of yet.
  const retried = [...(item.unread ?? [])].some((each) => decodeNews(each)?.of === 'retry');
  if (item.phase === 'forward' && retried) return 'heard';
  const own = specs.flatMap(({ key, signal }, node) =>
    signal?.name === name
      ? [
          {
            key,
            state: states[node],
            isBounded: signal.timeoutSeconds !== undefined,
            deadline: item.deadlines?.[node],
          },
        ]
      : [],
  );
  const until = isKept ? at + clocksMs : at;
  for (const { state, isBounded, deadline = never } of own) {
    // The advance that began the node knows its deadline, and has not stored it yet.
    const isUnknown = isKept && isBounded && deadline === never;
    if (state === 'waiting' || state === 'completed') return 'heard';
    if (state === 'running' && deadline >= until && !isUnknown) return 'heard';
  }
  if (isKept && own.some(({ state }) => state === 'running')) return 'undecided';
  const late = own.find(({ state }) => state === 'running' || state === 'failed');
  if (late === undefined) return 'heard';
  const waited = late.deadline === undefined ? '' : ` until ${rfc3339(late.deadline)}`;
  return {
    problem: problem(
      'invalid_transition',
      `signal "${name}" comes too late: node "${late.key}" waited for it${waited}, and no other node does now. Once the workflow has ended, a retry waits for it anew`,
    ),
  };
}
