import { mintedAtOf } from '../id.ts';
import type { WorkflowItem } from './item.ts';

/**
 * The watch over running workflows: each has a mark, written before it and looked at every so often, so that one whose
 * execution is gone, or never came to be, is found by nobody's call.
 *
 *   pk = watch#0…7      sk = tenant#workflowId
 */
export interface Mark {
  tenant: string;
  workflow: string;
  /** When to look, ms. */
  lookAt: number;
}

export const watchPartitions = 8;

export function watchPartition(index: number): string {
  return `watch#${index}`;
}

/** Spread by the id's random part. */
export function partitionOf(workflow: string): string {
  return watchPartition(Number.parseInt(workflow.slice(-4, -2), 16) % watchPartitions);
}

/** The first look: a workflow that has ended by then costs its mark and no more. */
export const firstLookMs = 10 * 60_000;
const longestLookMs = 60 * 60_000;
/** Clocks, a cold start, Step Functions' own delay: an execution that is later than this is gone. */
const graceMs = 5 * 60_000;

export type WatchDecision =
  /** It has ended, or never came to be. */
  | { do: 'drop' }
  /** Look again then. */
  | { do: 'later'; to: number; stuck: boolean }
  /** Its execution is gone: start the next. */
  | { do: 'revive'; to: number };

/** What a look finds. A workflow is looked at after ten minutes, then as long as it runs already, an hour at the most. */
export function judgeWatched(
  mark: Mark,
  item: Pick<WorkflowItem, 'status' | 'lookAt' | 'stuck'> | undefined,
  now: number,
): WatchDecision {
  const age = now - mintedAtOf(mark.workflow);
  const to = now + Math.min(Math.max(age, firstLookMs), longestLookMs);
  if (item === undefined)
    return age < firstLookMs ? { do: 'later', to: mark.lookAt + firstLookMs, stuck: false } : { do: 'drop' };
  if (item.status !== 'running') return { do: 'drop' };
  if (now > (item.lookAt ?? 0) + graceMs) return { do: 'revive', to: now + firstLookMs };
  return { do: 'later', to, stuck: item.stuck === true };
}
