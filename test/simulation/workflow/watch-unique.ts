import type { WorkflowItem } from '../../../core/workflow/item.ts';
import { clocksMs, type Expect } from '../watched.ts';
import { itemOf, type Stored } from './flow.ts';

/** Looks at workflows with a unique key. */
export function watchUnique({ stored, expect }: { stored: Stored; expect: Expect }) {
  /** Who stored each workflow, by the name of its plan. */
  const starters = new Map<string, string>();
  /** The last round in which each has begun a job. */
  const begun = new Map<string, number>();

  return {
    starterOf: (id: string): string => starters.get(id) ?? '',
    stored(id: string, by: string): void {
      if (!starters.has(id)) starters.set(id, by.replace(/ \d+$/, ''));
    },
    /** Whoever has the key was told of this workflow: its own, or one that ran meanwhile. */
    answered(id: string, name: string, calledAt: number): void {
      const item = itemOf(stored, id);
      expect(
        starters.get(id) === name ||
          item === undefined ||
          item.status === 'running' ||
          (item.finishedAt ?? 0) > calledAt - clocksMs,
        'a key is free again',
        () => `a call is told of ${id}, which was ${item?.status} before it began`,
      );
    },
    /** A workflow that goes forward has given a node its job. */
    begins({ sk, unique, round = 0 }: WorkflowItem): void {
      if (unique === undefined) return;
      begun.set(sk, round);
      const other = [...stored.items.values()].find(
        (each) =>
          each.sk !== sk &&
          each.unique === unique &&
          each.status === 'running' &&
          each.phase !== 'compensating' &&
          begun.get(each.sk) === (each.round ?? 0),
      );
      expect(
        other === undefined,
        'a unique key has one workflow',
        () => `${sk} goes on beside ${other?.sk}, which has the same key`,
      );
    },
  };
}
