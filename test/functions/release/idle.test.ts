import { expect, it } from 'vitest';
import { aJob, aJobId } from '../../support/a-job.ts';
import { isUnwatched } from '../../support/memory-store.ts';
import { aWalk } from '../../support/walker.ts';

const minuteMs = 60_000;

it('idle shards of many tenants are looked at seldom, busy ones every minute', async () => {
  const tenants = Array.from({ length: 500 }, (_, index) => `t${index}`);
  const { world, run } = aWalk({ tenants });
  await world.clock.advance(10 * minuteMs);
  const looks: number[] = [];
  for (let minute = 0; minute < 9; minute++) {
    const sk = aJobId({ at: world.clock.now() - 5 * minuteMs - 10, shard: 2 });
    world.store.put(aJob({ tenant: 't7', sk }));
    world.faults.calls.length = 0;
    await run();
    looks.push(world.faults.calls.filter((each) => each.startsWith('unwatched')).length);
    await world.clock.advance(minuteMs);
  }
  // 4,000 shards: all of them every fourth minute.
  expect(looks).toEqual([4_000, 1, 1, 1, 4_000, 1, 1, 1, 4_000]);
  expect(world.store.all().filter(isUnwatched)).toEqual([]);
});
