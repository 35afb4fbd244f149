import { expect, it } from 'vitest';
import type { Position } from '../../../core/failures.ts';
import { createdPage } from '../../../functions/operate/pages.ts';
import { aJob, aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { aWorld } from '../../support/world.ts';

it('a shard that is paged by creation: each job once, pages as large as they may be, though bounds are inclusive', async () => {
  const { store } = aWorld();
  const jobs = Array.from({ length: 7 }, (_, index) =>
    aJob({ sk: aJobId({ at: start - 7_000 + index * 1_000, shard: 7 }) }),
  );
  store.put(...jobs);
  const pages: string[][] = [];
  let from: Position | undefined = { shard: 7 };
  while (from !== undefined) {
    const page: Awaited<ReturnType<typeof createdPage>> = await createdPage(
      store,
      'acme',
      { since: 0, until: start },
      from,
      3,
    );
    pages.push(page.looked.map(({ sk }) => sk));
    from = page.next;
  }
  const newestFirst = jobs.map(({ sk }) => sk).reverse();
  expect(pages).toEqual([newestFirst.slice(0, 3), newestFirst.slice(3, 6), newestFirst.slice(6)]);
});
