import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobState } from '../../../core/state.ts';
import type { JobRecord } from '../../../core/table.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { manager, told } from '../../support/requests.ts';
import { aWorld, type World } from '../../support/world.ts';

interface Page {
  jobs: { id: string; status: string }[];
  cursor?: string;
}

const list = async (world: World, query: Record<string, string[]> = {}, tenant = 'acme') =>
  told(await manager(world).call('listJobs', { query, tenant })) as {
    status?: number;
    body: unknown;
    code?: string;
  };

/** Every page from the first cursor to the last, and their sizes. */
async function all(world: World, query: Record<string, string[]>) {
  const ids: string[] = [];
  const sizes: number[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await list(world, cursor === undefined ? query : { ...query, cursor: [cursor] });
    const page = body as Page;
    ids.push(...page.jobs.map((each) => each.id));
    sizes.push(page.jobs.length);
    cursor = page.cursor;
  } while (cursor !== undefined && sizes.length < 500);
  return { ids, sizes };
}

const minute = 60_000;
const rfc = (ms: number) => new Date(ms).toISOString();

describe('a list', () => {
  it('is a tenant’s jobs, newest first, over all its shards, without tombstones', async () => {
    const world = aWorld();
    const jobs = Array.from({ length: 20 }, (_, index) =>
      aJob({ sk: aJobId({ at: start + index, shard: index % 8 }) }),
    );
    world.store.put(...jobs.toReversed(), aJob({ tenant: 'globex' }), aJob({ status: 'void' as never }));
    const { body } = await list(world);
    expect((body as Page).jobs.map((each) => each.id)).toEqual(jobs.map((each) => each.sk).toReversed());
    expect(body).not.toHaveProperty('cursor');
  });

  it('of nobody is empty', async () => {
    expect(await list(aWorld(), {}, 'nobody')).toEqual({ status: 200, body: { jobs: [] } });
  });

  it('of the default tenant reads its 16 shards', async () => {
    const world = aWorld();
    world.store.put(
      ...Array.from({ length: 16 }, (_, shard) => aJob({ tenant: 'default', sk: aJobId({ shard }) })),
    );
    expect(((await list(world, {}, 'default')).body as Page).jobs).toHaveLength(16);
  });

  it('gives 50 at once, and a cursor while there is more', async () => {
    const world = aWorld();
    world.store.put(...Array.from({ length: 51 }, () => aJob()));
    const first = (await list(world)).body as Page;
    expect(first.jobs).toHaveLength(50);
    const second = (await list(world, { cursor: [first.cursor ?? ''] })).body as Page;
    expect(second.jobs).toHaveLength(1);
    expect(second).not.toHaveProperty('cursor');
  });

  it('since is inclusive, until is not', async () => {
    const world = aWorld();
    const jobs = [0, 1, 2, 3].map((index) => aJob({ sk: aJobId({ at: start + index * minute }) }));
    world.store.put(...jobs);
    const query = { since: [rfc(start + minute)], until: [rfc(start + 3 * minute)] };
    expect((await all(world, query)).ids).toEqual([jobs[2]?.sk, jobs[1]?.sk]);
  });

  it('of times that cross is empty', async () => {
    const world = aWorld();
    world.store.put(aJob());
    const query = { since: [rfc(start + minute)], until: [rfc(start - minute)] };
    expect((await list(world, query)).body).toEqual({ jobs: [] });
  });

  it('that finds nothing gives up after 4,000 jobs, and says where to go on', async () => {
    const world = aWorld();
    world.store.put(...Array.from({ length: 4_100 }, () => aJob()));
    const rare = aJob({ type: 'rare', sk: aJobId({ at: start - minute }) });
    world.store.put(rare);
    const query = { type: ['rare'] };
    const { ids, sizes } = await all(world, query);
    expect(ids).toEqual([rare.sk]);
    expect(sizes).toEqual([0, 1]);
  });

  it('asks all shards at once, few at a time', async () => {
    const world = aWorld();
    world.store.put(...Array.from({ length: 500 }, () => aJob()));
    await list(world, { limit: ['200'] });
    expect(world.faults.calls.length).toBeLessThanOrEqual(24);
  });

  it.each([
    ['limit', ['0']],
    ['limit', ['201']],
    ['status', ['void']],
    ['since', ['yesterday']],
    ['cursor', ['broken']],
    ['colour', ['red']],
    ['tag', ['x'.repeat(33)]],
  ])('with %s=%s is refused by name', async (name, values) => {
    expect(await list(aWorld(), { [name]: values })).toMatchObject({
      code: 'invalid_request',
      body: { details: [{ path: expect.stringMatching(new RegExp(`^${name}`)) }] },
    });
  });
});

const job = fc.record({
  at: fc.integer({ min: 0, max: 9 }).map((index) => start + index * minute),
  shard: fc.integer({ min: 0, max: 7 }),
  status: fc.constantFrom<JobState | 'void'>('pending', 'completed', 'failed', 'void'),
  type: fc.constantFrom('echo', 'greet'),
  queue: fc.constantFrom('default', 'slow'),
  tags: fc.subarray(['a', 'b', 'c']),
});
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const filters = fc.record({
  status: optional(fc.constantFrom('pending', 'completed', 'failed')),
  type: optional(fc.constantFrom('echo', 'greet')),
  queue: optional(fc.constantFrom('default', 'slow')),
  tags: fc.subarray(['a', 'b']),
  since: optional(fc.integer({ min: 0, max: 9 }).map((index) => start + index * minute)),
  until: optional(fc.integer({ min: 0, max: 9 }).map((index) => start + index * minute)),
  limit: fc.integer({ min: 1, max: 20 }),
});

it('pages one after the other are all that match, newest first, each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 80 }), filters, async (jobs, wanted) => {
      const world = aWorld();
      const records = jobs.map(({ at, shard, status, ...rest }) =>
        aJob({ ...rest, status: status as JobState, sk: aJobId({ at, shard }) }),
      );
      world.store.put(...records);
      const matching = (record: JobRecord): boolean =>
        record.status !== 'void' &&
        (wanted.status === undefined || record.status === wanted.status) &&
        (wanted.type === undefined || record.type === wanted.type) &&
        (wanted.queue === undefined || record.queue === wanted.queue) &&
        wanted.tags.every((tag) => record.tags?.includes(tag)) &&
        (wanted.since === undefined || timeOf(record.sk) >= wanted.since) &&
        (wanted.until === undefined || timeOf(record.sk) < wanted.until);
      const expected = records
        .filter(matching)
        .map((each) => each.sk)
        .sort()
        .toReversed();

      const { ids, sizes } = await all(world, queryOf(wanted));
      expect(ids).toEqual(expected);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(wanted.limit);
    }),
    { numRuns: 150, seed: 1 },
  );
});

/** The first 48 bits of an id. */
function timeOf(id: string): number {
  return Number(`0x${id.slice(0, 8)}${id.slice(9, 13)}`);
}

function queryOf({ tags, since, until, limit, ...names }: Record<string, unknown> & { tags: string[] }) {
  const texts = Object.entries({
    ...names,
    limit,
    since: since === undefined ? undefined : rfc(since as number),
    until: until === undefined ? undefined : rfc(until as number),
  }).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(texts.map(([name, value]) => [name, [String(value)]])),
    ...(tags.length === 0 ? {} : { tag: tags }),
  };
}
