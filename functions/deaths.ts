import type { Death } from '../core/death.ts';
import type { JobRecord } from '../core/table.ts';
import type { Counts } from '../core/telemetry.ts';

/** The port to causes of death: asked about a record whose lease is lost. Never throws, and answers within 2 s. */
export type FindDeath = (found: JobRecord) => Promise<Death>;

/** A lost lease, and what it was lost by. */
export function countDeath(counts: Counts, { cause }: Death): void {
  counts.leasesLost = (counts.leasesLost ?? 0) + 1;
  if (cause === 'timeout') counts.timedOut = (counts.timedOut ?? 0) + 1;
  if (cause === 'out_of_memory') counts.outOfMemory = (counts.outOfMemory ?? 0) + 1;
}
