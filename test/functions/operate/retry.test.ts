import { describe, expect, it } from 'vitest';
import type { JobRecord, Sealed } from '../../../core/table.ts';
import { Unopenable } from '../../../functions/keys.ts';
import { aJobId, sealedBytes } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { worker } from '../../support/worker.ts';
import { failedJobs, hourMs, operating, recordsOf } from './an-operation.ts';

const alike = '57d20ae1b6927b3b';
const other = 'beee316e2db7bb21';

describe('retry of many', () => {
  it('by fingerprint: each as a person’s retry does it, the others stay', async () => {
    const { world, retry, notes } = operating();
    const jobs = await failedJobs(world, 250, { fingerprint: alike, buried: 2, shared: 7, attentionStep: 4 });
    const others = await failedJobs(world, 30, { fingerprint: other });
    expect(await retry({ fingerprint: alike })).toEqual({
      ...{ matched: 250, retried: 250, skipped: 0, reasons: {}, examples: [] },
    });
    for (const record of recordsOf(world, jobs)) {
      expect(record).toMatchObject({
        ...{ status: 'pending', attempt: 0, attemptsLeft: 5, buried: 0, shared: 0 },
        ...{ attention: expect.stringMatching(/^due#/), attentionAt: start + 60_000 },
      });
      for (const gone of ['fingerprint', 'finishedAt', 'expiresAt', 'owner', 'attentionStep'])
        expect(record).not.toHaveProperty(gone);
    }
    expect(
      world.lanes
        .waiting('normal')
        .map(({ job }) => job)
        .sort(),
    ).toEqual(jobs.map(({ sk }) => sk).sort());
    expect(recordsOf(world, others)).toEqual(others);
    expect(notes.at(-1)).toBe('100 % retried 250 of 250, skipped 0');
  });

  it('takes what failed before it was asked for, and nothing twice', async () => {
    const { world, retry, operationId } = operating();
    await failedJobs(world, 3, { finishedAt: start, attentionAt: start });
    const [job] = await failedJobs(world, 1, { finishedAt: start - 1, attentionAt: start - 1 });
    const id = operationId();
    expect(await retry({ status: 'failed' }, undefined, id)).toMatchObject({ matched: 1, retried: 1 });
    await worker(world, async () => {
      throw Object.assign(new Error('still'), { name: 'AccessDenied' });
    }).invoke('normal');
    expect(world.store.peek(job!.sk)).toMatchObject({ status: 'failed', fence: 2 });
    expect(await retry({ status: 'failed' }, undefined, id)).toMatchObject({ matched: 1, retried: 1 });
    expect(world.store.peek(job!.sk)).toMatchObject({ status: 'failed', fence: 2 });
  });

  it.each([
    ['type', { type: 'greet' }, { type: 'greet' }],
    ['queue', { queue: 'webhooks' }, { queue: 'webhooks' }],
    ['tags, all of them', { tags: ['a', 'b'] }, { tags: ['c', 'b', 'a'] }],
    [
      'the time since it failed',
      { since: '2026-11-22T09:59:00Z' },
      { finishedAt: start - 60_000, attentionAt: start - 60_000 },
    ],
    [
      'the time until',
      { until: '2026-11-22T08:59:00Z' },
      { finishedAt: start - 2 * hourMs, attentionAt: start - 2 * hourMs },
    ],
  ])('by %s', async (_, asked, fields) => {
    const { world, retry } = operating();
    const others = await failedJobs(world, 2, { tags: ['a'] });
    const [job] = await failedJobs(world, 1, fields);
    expect(await retry(asked)).toMatchObject({ matched: 1, retried: 1 });
    expect(world.store.peek(job!.sk)?.status).toBe('pending');
    for (const each of others) expect(world.store.peek(each.sk)).toEqual(each);
  });

  it('of cancelled jobs, when they are asked for', async () => {
    const { world, retry } = operating();
    const [failed] = await failedJobs(world, 1);
    const cancelled = await failedJobs(world, 120, {
      status: 'cancelled',
      attention: undefined,
      attentionAt: undefined,
    });
    const later = await failedJobs(world, 1, {
      status: 'cancelled',
      finishedAt: start,
      attention: undefined,
    });
    expect(await retry({ status: 'cancelled' })).toMatchObject({ matched: 120, retried: 120 });
    expect(recordsOf(world, later)).toEqual(later);
    expect(world.store.peek(failed!.sk)?.status).toBe('failed');
    expect(world.lanes.waiting('normal')).toHaveLength(cancelled.length);
  });

  it('leaves other tenants’ jobs and TaskQ’s own alone', async () => {
    const { world, retry } = operating();
    const mine = await failedJobs(world, 2, { tenant: 'other' });
    const own = await failedJobs(world, 2, { type: 'taskq.retry' });
    expect(await retry({ status: 'failed' })).toMatchObject({ matched: 0, retried: 0 });
    for (const each of [...mine, ...own]) expect(world.store.peek(each.sk)).toEqual(each);
  });

  it('takes the index at its record’s word: what runs again is no match', async () => {
    const { world, retry } = operating();
    const [job, stale] = await failedJobs(world, 2);
    world.store.freezeIndex();
    world.store.put({ ...stale!, status: 'completed' });
    expect(await retry({ status: 'failed' })).toMatchObject({ matched: 1, retried: 1 });
    expect(world.store.peek(job!.sk)?.status).toBe('pending');
    expect(world.store.peek(stale!.sk)?.status).toBe('completed');
  });
});

describe('with a patch', () => {
  it('each payload is patched, checked and sealed anew', async () => {
    const { world, retry } = operating();
    const [small] = await failedJobs(world, 1, { type: 'greet' }, { nome: 'Ada', name: 5 });
    const result = await retry({ type: 'greet', patch: { name: 'Bob', nome: null } });
    expect(result).toMatchObject({ matched: 1, retried: 1 });
    const record = world.store.peek(small!.sk)!;
    expect(
      await world.vault.open(record.payload, { tenant: 'acme', jobId: record.sk, field: 'payload' }),
    ).toEqual({
      name: 'Bob',
    });
  });

  it('holds ten payloads at a time: each may have a megabyte, and a page has a hundred', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 128, {}, { name: 'Ada' });
    let held = 0;
    let most = 0;
    const { open } = world.vault;
    world.vault.open = async (...of) => {
      most = Math.max(most, ++held);
      return open(...of).finally(() => held--);
    };
    expect(await retry({ status: 'failed', patch: { name: 'Bob' } })).toMatchObject({ retried: 128 });
    expect(most).toBe(10);
  });

  it('what does not fit, is gone or of no type is skipped, counted and named', async () => {
    const { world, retry } = operating();
    const misfit = await failedJobs(world, 6, { type: 'greet' }, { name: 'Ada', extra: 1 });
    const [gone] = await failedJobs(world, 1, { type: 'greet' });
    world.store.put({
      ...gone!,
      payload: { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) },
    });
    await failedJobs(world, 1, { type: 'unheard.of' }, {});
    const fits = await failedJobs(world, 2, { type: 'greet' }, { name: 'Ada' });
    const result = await retry({ status: 'failed', patch: { name: 'Bob' } });
    expect(result).toMatchObject({
      ...{ matched: 10, retried: 2, skipped: 8 },
      reasons: { invalid_payload: 6, payload_expired: 1, unknown_type: 1 },
    });
    expect(result.examples).toHaveLength(5);
    expect(result.examples.every(({ reason }) => reason in result.reasons)).toBe(true);
    for (const each of misfit) expect(world.store.peek(each.sk)).toEqual(each);
    for (const each of fits) expect(world.store.peek(each.sk)?.status).toBe('pending');
  });

  it('without one, a payload that is gone is found as well', async () => {
    const { world, retry } = operating();
    const [gone] = await failedJobs(world, 1);
    world.store.put({
      ...gone!,
      payload: { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) },
    });
    expect(await retry({ status: 'failed' })).toMatchObject({
      matched: 1,
      retried: 0,
      reasons: { payload_expired: 1 },
    });
  });
});

describe('a payload that nobody can open', () => {
  const patch = { name: 'Bob' };

  it('its key gone, its bytes others, or another in its place: skipped, and the others are retried', async () => {
    const { world, retry } = operating();
    const [shredded, broken, swapped, fits] = await failedJobs(world, 4, {}, { name: 'Ada' });
    const sealed = (job: JobRecord) => job.payload as Sealed;
    const elsewhere = { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) } as const;
    world.store.put(
      { ...shredded!, payload: { ...sealed(shredded!), key_id: 'v9' } },
      { ...broken!, payload: { ...sealed(broken!), data: new Uint8Array(20) } },
      { ...swapped!, payload: elsewhere },
    );
    await world.sealed.putItems([{ jobId: swapped!.sk, name: 'payload#x', sealed: sealed(swapped!) }]);
    const { openingKey } = world.keys;
    world.keys.openingKey = async (tenant, id) => {
      if (id === 'v9') throw new Unopenable('tenant "acme" has no key "v9"');
      return openingKey(tenant, id);
    };
    expect(await retry({ status: 'failed', patch })).toMatchObject({
      ...{ matched: 4, retried: 1, skipped: 3, reasons: { payload_unopenable: 3 } },
    });
    expect(world.store.peek(fits!.sk)?.status).toBe('pending');
    for (const { sk } of [shredded!, broken!, swapped!]) expect(world.store.peek(sk)?.status).toBe('failed');
  });

  it('without a patch as well, where it lies elsewhere', async () => {
    const { world, retry } = operating();
    const [job] = await failedJobs(world, 1);
    world.store.put({
      ...job!,
      payload: { v: 1, at: 'item', where: 'payload#x', bytes: 1, hash: new Uint8Array(32) },
    });
    await world.sealed.putItems([{ jobId: job!.sk, name: 'payload#x', sealed: job!.payload as Sealed }]);
    expect(await retry({ status: 'failed' })).toMatchObject({ reasons: { payload_unopenable: 1 } });
  });

  it('for now, as KMS does not answer, is waited for: the next start retries it', async () => {
    const { world, startOnce, retry, operationId } = operating();
    const [job] = await failedJobs(world, 1, {}, { name: 'Ada' });
    const id = operationId();
    const asked = { status: 'failed', patch } as const;
    world.faults.throwBefore('openingKey');
    expect(await startOnce('taskq.retry', asked, id)).toEqual({ snoozed: 10 });
    expect(world.store.peek(job!.sk)?.status).toBe('failed');
    world.faults.throwBefore('openingKey');
    await expect(startOnce('taskq.retry', asked, id)).rejects.toMatchObject({ name: 'TransientError' });
    expect(await retry(asked, undefined, id)).toMatchObject({ matched: 1, retried: 1, skipped: 0 });
  });
});

describe('a job of a workflow', () => {
  it.each([undefined, { name: 'Bob' }])('is left to its workflow, with the patch %j', async (patch) => {
    const { world, retry } = operating();
    const [job] = await failedJobs(world, 1, { workflow: `${aJobId()}#0#0` }, { name: 'Ada' });
    expect(await retry({ status: 'failed', ...(patch === undefined ? {} : { patch }) })).toEqual({
      ...{ matched: 1, retried: 0, skipped: 1, reasons: { in_workflow: 1 } },
      examples: [{ job_id: job!.sk, reason: 'in_workflow' }],
    });
    expect(world.store.peek(job!.sk)).toEqual(job);
  });
});

describe('when AWS is in the way', () => {
  it('a row that was written and answered as throttled is known as its own when it is sent again', async () => {
    const { world, retry } = operating();
    const [job] = await failedJobs(world, 1);
    const { change } = world.store;
    let sends = 0;
    world.store.change = async (changes) => {
      const results = await change(changes);
      return sends++ === 0 ? results.map(() => ({ applied: false, retry: true })) : results;
    };
    const retried = retry({ status: 'failed' });
    await world.clock.advance(10_000);
    expect(await retried).toMatchObject({ matched: 1, retried: 1, skipped: 0 });
    expect([sends, world.lanes.waiting('normal').map((each) => each.job)]).toEqual([2, [job!.sk]]);
  });

  it('throttled rows are sent again', async () => {
    const { world, retry } = operating();
    await failedJobs(world, 4);
    world.store.throttle(3);
    const retried = retry({ status: 'failed' });
    await world.clock.advance(10_000);
    expect(await retried).toMatchObject({ matched: 4, retried: 4 });
    expect(world.lanes.waiting('normal')).toHaveLength(4);
  });

  it('pointers that cannot be sent are left to release', async () => {
    const { world, retry, errors } = operating();
    const [job] = await failedJobs(world, 1);
    world.faults.throwBefore('deliver');
    expect(await retry({ status: 'failed' })).toMatchObject({ retried: 1 });
    expect(errors).toEqual(['pointers of retried jobs could not be sent: release will']);
    expect(world.store.peek(job!.sk)).toMatchObject({ attentionAt: start + 60_000 });
  });

  it('what was changed by someone else meanwhile is skipped', async () => {
    const { world, retry } = operating();
    const [job] = await failedJobs(world, 1);
    const { change } = world.store;
    world.store.change = async (changes) => {
      world.store.put({ ...job!, status: 'completed', result: sealedBytes() });
      return change(changes);
    };
    expect(await retry({ status: 'failed' })).toMatchObject({
      matched: 1,
      retried: 0,
      reasons: { changed: 1 },
    });
  });
});
