import { beforeAll, expect, inject, it, vi } from 'vitest';
import type { Job } from '../../core/api.ts';
import { makeApi, newTenant } from './api.ts';

const local = inject('taskq');
const api = makeApi(local, newTenant());
const { pages } = api;
/** In the order they were enqueued. */
const ids: string[] = [];

/** Sixty jobs: every third is delayed, every fifth of another type, every second tagged `even`, every tenth `ten` too. */
beforeAll(async () => {
  const jobs = Array.from({ length: 60 }, (_, n) => ({
    ...(n % 5 === 0
      ? { type: 'csv.summarize', payload: { csv: `n\n${n}\n` } }
      : { type: 'echo', payload: { n } }),
    priority: n % 10,
    ...(n % 3 === 0 ? { delay_seconds: 600 } : {}),
    tags: [...(n % 2 === 0 ? ['even'] : []), ...(n % 10 === 0 ? ['ten'] : [])],
  }));
  const { status, body } = await api.call('enqueueBatch', { body: { jobs } });
  expect(status).toBe(207);
  ids.push(...body.results.map(({ id }: { id: string }) => id));
  await vi.waitFor(async () => expect((await pages({ status: 'completed' })).flat()).toHaveLength(40), {
    timeout: 60_000,
    interval: 200,
  });
});

type Query = Record<string, string | number | string[]>;

const idsOf = (jobs: Job[][]) => jobs.flat().map(({ id }) => id);
const chosen = (which: (n: number) => boolean) => ids.filter((_, n) => which(n));

it('is newest first, each job once, whatever the page', async () => {
  const newestFirst = ids.toSorted().toReversed();
  for (const limit of [3, 7, 60, 200]) {
    const found = await pages({ limit });
    expect(idsOf(found)).toEqual(newestFirst);
    expect(found.every((page) => page.length <= limit)).toBe(true);
  }
  expect((await api.call('listJobs')).body.jobs).toHaveLength(50);
});

it('shows each job as GET shows it', async () => {
  const [page = []] = await pages({ limit: 3 });
  expect(page).toEqual(await Promise.all(page.map(({ id }) => api.get(id))));
});

it.each<[Query, (n: number) => boolean]>([
  [{ status: 'scheduled' }, (n) => n % 3 === 0],
  [{ status: 'completed' }, (n) => n % 3 !== 0],
  [{ status: 'failed' }, () => false],
  [{ type: 'csv.summarize' }, (n) => n % 5 === 0],
  [{ queue: 'default' }, () => true],
  [{ queue: 'webhooks' }, () => false],
  [{ tag: 'even' }, (n) => n % 2 === 0],
  [{ tag: ['even', 'ten'] }, (n) => n % 10 === 0],
  [{ tag: 'odd' }, () => false],
  [{ status: 'completed', type: 'echo', tag: 'even' }, (n) => n % 3 !== 0 && n % 5 !== 0 && n % 2 === 0],
  [{ since: '2020-01-01T00:00:00Z' }, () => true],
  [{ until: '2020-01-01T00:00:00Z' }, () => false],
  [{ since: '2199-01-01T00:00:00Z' }, () => false],
])('filters by %j', async (query, which) => {
  for (const limit of [5, 200]) {
    expect(new Set(idsOf(await pages({ ...query, limit })))).toEqual(new Set(chosen(which)));
  }
});

it('is cut where a time says so', async () => {
  const { created_at: middle } = await api.enqueue('echo', { n: 'later' });
  expect(idsOf(await pages({ until: middle })).toSorted()).toEqual(ids.toSorted());
  const [[later] = []] = await pages({ since: middle });
  expect([later?.created_at, later?.type]).toEqual([middle, 'echo']);
});
