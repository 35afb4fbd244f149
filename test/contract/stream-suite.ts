import { beforeAll, describe, expect, it } from 'vitest';
import type { Change, JobStore } from '../../core/change.ts';
import { claimChange } from '../../core/claim.ts';
import type { JobRecord, RecordKey } from '../../core/table.ts';
import { aJob } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import type { StreamRecord } from '../support/rows.ts';

/** The stream of the jobs table, as `publish` is to be given it. */
export interface StreamUnderTest {
  jobs: JobStore;
  /** Everything that the stream has had of these items, an item's oldest first. */
  read(...keys: RecordKey[]): Promise<StreamRecord[]>;
  /** Deletes an item, as its time to live does; no code of TaskQ's deletes a record. */
  expire(key: RecordKey): Promise<void>;
}

/** NEW_AND_OLD_IMAGES: an item's writes in order, each with what it was and what it became. */
export function describeStream(open: () => Promise<StreamUnderTest>): void {
  const holder = { owner: 'mine', leaseMs: 65_000, codeVersion: '2.0.0' };
  const message = { messageId: 'm1', sentAt: start, receiveCount: 1, quarantine: false };

  describe('stream', () => {
    let on: StreamUnderTest;
    beforeAll(async () => {
      on = await open();
    });
    const changed = async (change: Change): Promise<JobRecord> => {
      const [answer] = await on.jobs.change([change]);
      if (!answer?.applied) throw new Error('the change was refused');
      return answer.record;
    };
    const keyOf = ({ pk, sk }: JobRecord) => ({ pk, sk });
    const shows = (job: JobRecord) => expect.poll(() => on.read(keyOf(job)), { timeout: 20_000 });

    it('has insert, claim, cancel request and removal of a job in order, whole, before and after', async () => {
      const job = aJob({ tags: ['a'] });
      const key = keyOf(job);
      await on.jobs.insert([job]);
      const claimed = await changed(claimChange(job, message, holder, 1, start));
      const asked = await changed({
        key,
        set: { cancelRequestedAt: start },
        remove: ['tags'],
        where: [['fence', '=', 1]],
      });
      await on.expire(key);
      await shows(job).toEqual([
        { eventName: 'INSERT', key, after: job },
        { eventName: 'MODIFY', key, before: job, after: claimed },
        { eventName: 'MODIFY', key, before: claimed, after: asked },
        { eventName: 'REMOVE', key, before: asked },
      ]);
      expect(claimed).toMatchObject({ status: 'running', fence: 1, tags: ['a'] });
      expect(asked).not.toHaveProperty('tags');
    });

    it('has nothing of a write that was refused, nor of one that changed nothing', async () => {
      const job = aJob({ priority: 1 });
      const key = keyOf(job);
      await on.jobs.insert([job]);
      await on.jobs.insert([{ ...job, priority: 9 }]);
      await on.jobs.change([{ key, set: { priority: 8 }, where: [['fence', '=', 7]] }]);
      await changed({ key, set: { priority: 1 }, where: [] });
      const last = await changed({ key, set: { priority: 3 }, where: [] });
      await shows(job).toEqual([
        { eventName: 'INSERT', key, after: job },
        { eventName: 'MODIFY', key, before: job, after: last },
      ]);
    });

    it('has every row of a batch that was applied, and no other', async () => {
      const jobs = Array.from({ length: 30 }, () => aJob());
      await on.jobs.insert(jobs.filter((_, index) => index !== 7));
      const results = await on.jobs.change(jobs.map((each) => claimChange(each, message, holder, 1, start)));
      expect(results.filter((each) => each.applied)).toHaveLength(29);
      const namesOf = async () => {
        const records = await on.read(...jobs.map(keyOf));
        return jobs.map((job) =>
          records.filter(({ key }) => key.sk === job.sk).map((each) => each.eventName),
        );
      };
      await expect
        .poll(namesOf, { timeout: 20_000 })
        .toEqual(jobs.map((_, index) => (index === 7 ? [] : ['INSERT', 'MODIFY'])));
    });
  });
}

/**
 * MiniStack 1.5 streams puts, updates and deletes, but no write by PartiQL, which are all of TaskQ's: what reads
 * the stream is to be fed otherwise there. When this fails, the emulator has learnt it: run the whole suite on it.
 */
export function describePoorStream(open: () => Promise<StreamUnderTest>): void {
  it('stream: the emulator has the removal of a job in it, and no insert or change', async () => {
    const on = await open();
    const job = aJob();
    const key = { pk: job.pk, sk: job.sk };
    await on.jobs.insert([job]);
    await on.jobs.change([{ key, set: { priority: 8 }, where: [] }]);
    await on.expire(key);
    await expect
      .poll(() => on.read(key), { timeout: 20_000 })
      .toEqual([{ eventName: 'REMOVE', key, before: { ...job, priority: 8 } }]);
  });
}
