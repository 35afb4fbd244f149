import type { JobState } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import type { Counts } from '../../../core/telemetry.ts';
import { bury } from '../../../functions/bury/bury.ts';
import type { FindDeath } from '../../../functions/deaths.ts';
import { laneOfArn } from '../../../functions/lanes.ts';
import type { Unreadable } from '../../../functions/messages.ts';
import type { Tell } from '../../../functions/tell.ts';
import { aWorld, type World } from '../../support/world.ts';

/** The bury step over a world. */
export function burier(
  world: World,
  findDeath: FindDeath = async () => ({ cause: 'lease_lost' }),
  tell: Tell = async () => {},
) {
  const counts: Counts = {};
  const unreadable: Unreadable[] = [];
  const errors: string[] = [];
  const step = bury({
    ...world,
    findDeath,
    tell,
    now: world.clock.now,
    urlOf: (arn) => laneOfArn(world.lanes.urls, arn),
    storeUnreadable: (message) =>
      world.faults.around('storeUnreadable', 1, () => void unreadable.push(message)),
    onError: (message) => void errors.push(message),
    log: () => {},
  });
  const invoke = async () => {
    const records = world.lanes.receive('dead');
    const answer = await step(records, counts);
    world.lanes.finish(records, answer);
    return answer;
  };
  return { invoke, counts, unreadable, errors };
}

/** A job with one dead letter, and who buries it. */
export async function dead(fields: Partial<JobRecord> & { status?: JobState } = {}, findDeath?: FindDeath) {
  const world = aWorld();
  const job = await world.job('a payload', fields);
  world.point('dead', job);
  const burying = burier(world, findDeath);
  return {
    world,
    job,
    ...burying,
    record: () => world.store.peek(job.sk)!,
    stays: () => world.lanes.waiting('dead').map((each) => each.inSeconds),
  };
}
