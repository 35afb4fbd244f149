import type { DueDecision } from './attention.ts';
import { entry } from './attention.ts';
import type { Change } from './change.ts';
import { duePartitionName, duePartitions, type JobRecord } from './table.ts';

/** One invocation's part of the due partitions: `part` 0 to `parts` - 1. */
export interface Part {
  part: number;
  parts: number;
}

/** The due partitions of a part. Every minute another one goes first, so that none is always the last, should time run out. */
export function partitionsOf({ part, parts }: Part, now: number): string[] {
  const own = Array.from({ length: duePartitions }, (_, index) => index).filter(
    (index) => index % parts === part,
  );
  const first = Math.floor(now / 60_000) % Math.max(own.length, 1);
  return [...own.slice(first), ...own.slice(0, first)].map(duePartitionName);
}

/** The write a due entry asks for, conditional on the entry, status and fence that were read: of two releases at once one wins, or both send, and a spare pointer is harmless. */
export function dueChange(found: JobRecord, decision: DueDecision): Change {
  return {
    key: { pk: found.pk, sk: found.sk },
    set: {
      ...(decision.do === 'remove' ? {} : entry(found.sk, decision.to)),
      ...(decision.do === 'send' ? { attentionStep: decision.stepMinutes } : {}),
    },
    ...(decision.do === 'remove' ? { remove: ['attention', 'attentionAt', 'attentionStep'] as const } : {}),
    where: [
      // The clock's half of the index: a failed job's entry, for a person, is not ours to touch.
      ['attention', '=', found.attention ?? ''],
      ['attentionAt', '=', found.attentionAt ?? 0],
      ['status', '=', found.status],
      ['fence', '=', found.fence],
    ],
  };
}
