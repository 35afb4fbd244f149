import { type Depth, lanesToAsk } from '../../core/aging.ts';
import type { Lane } from '../../core/lane.ts';
import type { JobRecord } from '../../core/table.ts';
import type { LaneDepth } from '../lanes.ts';

/**
 * The depths of lanes as one run knows them: asked for once, when the first starving job of a lane is met,
 * and counted on with the aged jobs that the run itself sends there. On a healthy system nothing is asked.
 */
export function knownDepths(depth: LaneDepth, onError: (message: string, error: unknown) => void) {
  const asked = new Map<string, Promise<void>>();
  const known = new Map<string, number>();
  const nameOf = (queue: string, lane: Lane): string => `${queue}/${lane}`;

  const ask = async (queue: string, lane: Lane): Promise<void> => {
    try {
      known.set(nameOf(queue, lane), await depth(queue, lane));
    } catch (error) {
      onError('a lane could not be asked for its depth: what waits in it is sent again all the same', error);
    }
  };

  return {
    /** Asks what the judging of these records needs to know. */
    async ask(records: readonly JobRecord[], now: number): Promise<void> {
      for (const { queue, lane } of records.flatMap((each) => lanesToAsk(each, now))) {
        const name = nameOf(queue, lane);
        if (!asked.has(name)) asked.set(name, ask(queue, lane));
      }
      await Promise.all(asked.values());
    },
    of: ((queue, lane) => known.get(nameOf(queue, lane))) as Depth,
    /** One more pointer goes into this lane. */
    add(queue: string, lane: Lane): void {
      const name = nameOf(queue, lane);
      const before = known.get(name);
      if (before !== undefined) known.set(name, before + 1);
    },
  };
}

export type KnownDepths = ReturnType<typeof knownDepths>;
