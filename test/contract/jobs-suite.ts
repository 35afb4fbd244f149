import { beforeAll, describe, expect, it } from 'vitest';
import { type JobStore, leftBy } from '../../core/change.ts';
import { type ClaimMessage, claimChange, type Holder } from '../../core/claim.ts';
import { tombstone } from '../../core/newjob.ts';
import type { JobRecord } from '../../core/table.ts';
import { aJob, aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';
import { afterwards } from './change-case.ts';
import { changeCases } from './change-cases.ts';
import type { Ports } from './targets.ts';

const holder: Holder = { owner: 'mine', leaseMs: 65_000, codeVersion: '2.0.0' };
const message: ClaimMessage = { messageId: 'm1', sentAt: start, receiveCount: 1, quarantine: false };
const claimOf = (record: JobRecord) => claimChange(record, message, holder, 1, start);
const several = (count: number, fields: Parameters<typeof aJob>[0] = {}) =>
  Array.from({ length: count }, () => aJob(fields));

/**
 * What every JobStore does, the in-memory one and the real one alike.
 * @param open makes the store; called once
 */
export function describeJobStore(open: () => Promise<Pick<Ports, 'jobs' | 'failCall'>>): void {
  let store: JobStore;
  let failCall: Ports['failCall'];
  beforeAll(async () => {
    ({ jobs: store, failCall } = await open());
  });
  const stands = async (record: JobRecord) => (await store.get([record]))[0];

  describe('insert', () => {
    it('stores a record as it is: bytes, nested maps, lists, numbers to the largest time', async () => {
      const record = aJob({
        tags: ['a', 'ü'],
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        lastError: { code: 'network', cause: 'transient_error', attempt: 3, at: start },
        result: { v: 1, at: 's3', where: 'sealed/acme/x', bytes: 70_000, hash: new Uint8Array([0, 255]) },
        availableAt: 8_640_000_000_000_000,
      });
      expect(await store.insert([record])).toEqual([{ inserted: true }]);
      expect(await stands(record)).toEqual(record);
      expect((await stands(record))?.payload).toHaveProperty('data', new Uint8Array(40).fill(7));
    });

    it('leaves out what is undefined', async () => {
      const record = aJob();
      await store.insert([
        { ...record, gate: undefined, payload: { ...sealedBytes(), ...{ more: undefined } } },
      ]);
      expect(await stands(record)).toEqual(record);
    });

    it('refuses a key that stands, shows what stands there and changes nothing', async () => {
      const first = aJob({ priority: 1 });
      await store.insert([first]);
      expect(await store.insert([{ ...first, priority: 9 }])).toEqual([{ inserted: false, found: first }]);
      expect(await stands(first)).toEqual(first);
    });

    it('a tombstone keeps its job out', async () => {
      const job = aJob();
      const grave = tombstone(job, start);
      expect(await store.insert([grave])).toEqual([{ inserted: true }]);
      expect(await store.insert([job])).toEqual([{ inserted: false, found: grave }]);
    });

    it('a job keeps its tombstone out', async () => {
      const job = aJob();
      await store.insert([job]);
      expect(await store.insert([tombstone(job, start)])).toEqual([{ inserted: false, found: job }]);
    });

    it('answers each of 45 by itself, in order', async () => {
      const jobs = several(45);
      const old = jobs.filter((_, index) => index % 10 === 3);
      await store.insert(old);
      const answers = await store.insert(jobs);
      expect(answers.map((each) => each.inserted)).toEqual(jobs.map((_, index) => index % 10 !== 3));
      expect(await store.get(jobs)).toEqual(jobs);
    });

    it('of nothing is nothing', async () => {
      expect(await store.insert([])).toEqual([]);
    });
  });

  describe('change', () => {
    for (const each of changeCases) {
      it(each.name, async () => {
        await store.insert([each.found]);
        const record = afterwards(each);
        expect(await store.change([each.change(each.found)])).toEqual([{ applied: true, record }]);
        expect(await stands(each.found)).toEqual(record);
      });

      for (const [why, fields] of Object.entries(each.refusedBy)) {
        it(`${each.name}: refused by ${why}`, async () => {
          const { pk, sk } = aJob();
          const seen = { ...each.found, pk, sk };
          const found = present({ ...seen, ...fields });
          await store.insert([found]);
          expect(await store.change([each.change(seen)])).toEqual([{ applied: false, found }]);
          expect(await stands(found)).toEqual(found);
        });
      }
    }

    it('of an absent record is refused, with nothing found, and makes none', async () => {
      const absent = aJob();
      for (const each of changeCases) {
        const change = { ...each.change(each.found), key: { pk: absent.pk, sk: absent.sk } };
        expect(await store.change([change]), each.name).toEqual([{ applied: false, found: undefined }]);
      }
      expect(await stands(absent)).toBeUndefined();
    });

    it('a row that fails leaves the others alone', async () => {
      const [good, absent, held, tooLate] = [aJob(), aJob(), aJob({ status: 'running' }), aJob()] as const;
      await store.insert([good, held, tooLate]);
      const answers = await store.change([good, absent, held, tooLate].map(claimOf));
      expect(answers.map((each) => each.applied)).toEqual([true, false, false, true]);
      expect(answers[1]).toEqual({ applied: false, found: undefined });
      expect(answers[2]).toEqual({ applied: false, found: held });
      expect((await store.get([good, held, tooLate])).map((each) => each?.fence)).toEqual([1, 1, 1]);
    });

    it('sent again after its answer was lost, is refused by what it wrote itself', async () => {
      const job = aJob();
      await store.insert([job]);
      const [first] = await store.change([claimOf(job)]);
      const [second] = await store.change([claimOf(job)]);
      expect(first).toMatchObject({ applied: true, record: { fence: 1, owner: 'mine' } });
      expect(second).toMatchObject({ applied: false, found: { fence: 1, owner: 'mine' } });
    });

    it('answers each of 60 by itself, in order', async () => {
      const jobs = several(60);
      await store.insert(jobs.filter((_, index) => index !== 30));
      const answers = await store.change(jobs.map(claimOf));
      expect(answers.map((each) => each.applied)).toEqual(jobs.map((_, index) => index !== 30));
      expect(answers.map((each) => (each.applied ? each.record.sk : undefined))).toEqual(
        jobs.map(({ sk }, index) => (index === 30 ? undefined : sk)),
      );
    });

    it('of the same job by two at once: one wins', async () => {
      const job = aJob();
      await store.insert([job]);
      const answers = await Promise.all(
        ['a', 'b', 'c'].map(async (owner) => {
          const [answer] = await store.change([claimChange(job, message, { ...holder, owner }, 1, start)]);
          return answer?.applied;
        }),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await stands(job)).toMatchObject({ fence: 1, attempt: 1, attemptsLeft: 4 });
    });
  });

  describe.each(['did not arrive', 'lost its answer'] as const)('a call that %s', (how) => {
    const firstCall = Array.from({ length: 60 }, (_, index) => index < 25);

    it('leaves the changes of the calls before it their answers; sent again, the others are known as well', async () => {
      const jobs = several(60);
      await store.insert(jobs);
      const changes = jobs.map(claimOf);
      failCall(2, how);
      const answers = await store.change(changes);
      expect(answers.map((each) => each.applied)).toEqual(firstCall);
      expect(answers.slice(25)).toEqual(Array(35).fill({ applied: false, retry: true }));
      const again = await store.change(changes.slice(25));
      expect(again.map((each, index) => leftBy(changes[index + 25]!, each)?.fence)).toEqual(
        Array(35).fill(1),
      );
      expect((await store.get(jobs)).map((each) => each?.fence)).toEqual(Array(60).fill(1));
    });

    it('leaves the inserts of the calls before it their answers; sent again, all stand', async () => {
      const jobs = several(60);
      failCall(2, how);
      const answers = await store.insert(jobs);
      expect(answers.map((each) => each.inserted)).toEqual(firstCall);
      expect(answers.slice(25)).toEqual(Array(35).fill({ inserted: false, retry: true }));
      const again = await store.insert(jobs.slice(25));
      expect(again.every((each) => each.inserted || 'found' in each)).toBe(true);
      expect(await store.get(jobs)).toEqual(jobs);
    });

    it('as the first one rejects: nothing is known of any row', async () => {
      const job = aJob();
      failCall(1, how);
      await expect(store.insert([job])).rejects.toThrow('socket hang up');
      await store.insert([job]);
      failCall(1, how);
      await expect(store.change([claimOf(job)])).rejects.toThrow('socket hang up');
      const [again] = await store.change([claimOf(job)]);
      expect(leftBy(claimOf(job), again!)?.fence).toBe(1);
    });
  });

  describe('get', () => {
    it('answers 230 keys in their order, undefined for what is not there', async () => {
      const jobs = several(230);
      const present = jobs.filter((_, index) => index % 3 !== 0);
      await store.insert(present);
      const backwards = jobs.toReversed();
      const found = await store.get(backwards);
      expect(found.map((each) => each?.sk)).toEqual(
        backwards.map((each) => (present.includes(each) ? each.sk : undefined)),
      );
    });

    it('tells two tenants with one id apart', async () => {
      const sk = aJobId();
      const [mine, other] = [aJob({ sk, tenant: 'acme' }), aJob({ sk, tenant: 'globex', priority: 8 })];
      await store.insert([mine, other]);
      expect(await store.get([mine, other])).toEqual([mine, other]);
      expect(await store.get([mine, aJob({ sk, tenant: 'initech' })])).toEqual([mine, undefined]);
    });

    it('of nothing is nothing', async () => {
      expect(await store.get([])).toEqual([]);
    });

    it('of a key that is named more than once answers each time', async () => {
      const [job, absent] = [aJob(), aJob()];
      await store.insert([job]);
      expect(await store.get([job, absent, job])).toEqual([job, undefined, job]);
    });
  });

  describe('attention', () => {
    const entriesOf = async (partition: string, until = start, limit = 100) =>
      (await store.attention({ partition, until, limit })).map((each) => each.sk);

    it('holds a record while it has an entry, keys alone, and is sparse', async () => {
      const tenant = 'attention-sparse';
      const job = aJob({ tenant, status: 'running', sk: aJobId({ shard: 2 }), attempt: 5, attemptsLeft: 0 });
      await store.insert([job, aJob({ tenant, sk: aJobId({ shard: 2 }) })]);
      const partition = `${tenant}#failed#2`;
      expect(await entriesOf(partition)).toEqual([]);
      const fail = changeCases.find((each) => each.name === 'settle: running → failed');
      await store.change([fail!.change(job)]);
      await expect
        .poll(() => store.attention({ partition, until: start, limit: 9 }))
        .toEqual([{ pk: job.pk, sk: job.sk, attentionAt: start }]);
      const reopen = changeCases.find((each) => each.name.startsWith('reopen'));
      const failed: JobRecord = { ...job, status: 'failed', availableAt: start };
      const [reopened] = await store.change([reopen!.change(failed)]);
      await expect.poll(() => entriesOf(partition)).toEqual([]);
      const due = afterwards({ ...reopen!, found: failed }).attention ?? '';
      await expect.poll(() => entriesOf(due, start + 60_000)).toContain(job.sk);
      const complete = changeCases.find(
        (each) => each.name === 'settle: running → completed, its entry gone',
      );
      if (!reopened?.applied) throw new Error('the job was not reopened');
      const [claimed] = await store.change([claimOf(job)]);
      if (!claimed?.applied) throw new Error('the job was not claimed');
      await store.change([complete!.change(claimed.record)]);
      await expect.poll(() => entriesOf(due, start + 60_000)).not.toContain(job.sk);
    });

    it('gives what is due, oldest first, no more than the limit', async () => {
      const tenant = 'attention-due';
      const at = (attentionAt: number) =>
        aJob({ tenant, status: 'failed', sk: aJobId({ shard: 1 }), attentionAt });
      const jobs = [at(start), at(start - 2), at(start + 1), at(start - 1)];
      await store.insert(jobs);
      const partition = `${tenant}#failed#1`;
      const indexes = async (limit: number) =>
        (await entriesOf(partition, start, limit)).map((id) => jobs.findIndex(({ sk }) => sk === id));
      await expect.poll(() => indexes(9)).toEqual([1, 3, 0]);
      expect(await indexes(2)).toEqual([1, 3]);
    });
  });
}

function present(record: JobRecord): JobRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as unknown as JobRecord;
}
