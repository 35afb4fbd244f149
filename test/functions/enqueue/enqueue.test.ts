import { expect, it } from 'vitest';
import type { JobContract } from '../../../core/define.ts';
import { tombstone } from '../../../core/newjob.ts';
import { jobKey } from '../../../core/table.ts';
import { enqueue } from '../../../functions/enqueue/enqueue.ts';
import { start } from '../../support/clock.ts';
import { aRequest, enqueuer, told } from '../../support/requests.ts';
import { aWorld, contracts, queues } from '../../support/world.ts';

const echo = (payload: unknown = 1, fields: object = {}) => ({ type: 'echo', payload, ...fields });
/** The ids that the first and second job of a test get. */
const firstId = '01a202b2-c500-7101-8101-010101010101';
const secondId = '01a202b2-c500-7202-8202-020202020202';

it('a job: 201, its place, its record, its pointer', async () => {
  const world = aWorld();
  const { post, counts } = enqueuer(world);
  const answer = await post(echo({ n: 1 }, { priority: 9, tags: ['a'] }));
  expect(answer).toMatchObject({
    status: 201,
    headers: { Location: `/v1/tenants/acme/jobs/${firstId}` },
    body: { id: firstId, tenant: 'acme', status: 'pending', lane: 'critical', max_attempts: 5 },
  });
  expect(world.store.peek(firstId)).toMatchObject({
    pk: 'acme#1',
    status: 'pending',
    availableAt: start,
    attemptsLeft: 5,
    tags: ['a'],
  });
  expect(world.lanes.waiting('critical')).toEqual([{ job: firstId, inSeconds: 0 }]);
  expect(counts).toEqual({ accepted: 1 });
});

it('what is stored of a payload opens as it came, and shows nothing of it', async () => {
  const world = aWorld();
  await enqueuer(world).post(echo({ secret: 'open sesame' }));
  const record = world.store.peek(firstId)!;
  expect(Buffer.from(JSON.stringify(record)).includes('sesame')).toBe(false);
  const as = { tenant: 'acme', jobId: firstId, field: 'payload' } as const;
  expect(await world.vault.open(record.payload, as)).toEqual({ secret: 'open sesame' });
});

it('payload, pointer, record: in this order', async () => {
  const world = aWorld();
  await enqueuer(world).post(
    echo(
      'x'
        .repeat(2_000)
        .split('')
        .map((_, index) => index * 7919),
    ),
  );
  expect(world.faults.calls).toEqual(['sealingKey 1', 'putItems 1', 'deliver 1', 'insert 1']);
});

it('a big payload lies in an object before anything names it', async () => {
  const world = aWorld();
  const noise = Array.from({ length: 6_000 }, (_, index) => (index * 7919) % 10_007);
  await enqueuer(world).post(echo(noise));
  expect(world.faults.calls).toEqual(['sealingKey 1', 'putObject 1', 'deliver 1', 'insert 1']);
  const { payload } = world.store.peek(firstId)!;
  expect(payload).toMatchObject({
    at: 's3',
    where: expect.stringMatching(`^sealed/acme/${firstId}/payload-`),
  });
  expect(await world.vault.open(payload, { tenant: 'acme', jobId: firstId, field: 'payload' })).toEqual(
    noise,
  );
});

it('a delayed job: scheduled, its pointer delayed as long', async () => {
  const world = aWorld();
  expect(told(await enqueuer(world).post(echo(1, { delay_seconds: 900 }))).body.status).toBe('scheduled');
  expect(world.lanes.waiting('normal')).toEqual([{ job: firstId, inSeconds: 900 }]);
  expect(world.store.peek(firstId)).toMatchObject({ status: 'scheduled', availableAt: start + 900_000 });
  expect(world.store.peek(firstId)).not.toHaveProperty('attention');
});

it('a job beyond 15 minutes: no pointer, an entry that release finds in time', async () => {
  const world = aWorld();
  await enqueuer(world).post(echo(1, { delay_seconds: 3_600 }));
  expect(world.lanes.waiting('normal')).toEqual([]);
  expect(world.store.peek(firstId)).toMatchObject({
    status: 'scheduled',
    availableAt: start + 3_600_000,
    attention: 'due#01',
    attentionAt: start + 2_700_000,
  });
});

it('45 jobs share calls, the last of them the rest, and their pointers do not overtake the inserts', async () => {
  const world = aWorld();
  const answer = await enqueuer(world).post(Array.from({ length: 45 }, () => echo()));
  expect(told(answer).status).toBe(207);
  expect(world.faults.calls.filter((each) => !each.startsWith('sealingKey'))).toEqual([
    'deliver 20',
    'insert 20',
    'deliver 25',
    'insert 25',
  ]);
  expect(new Set(world.lanes.waiting('normal').map((each) => each.inSeconds))).toEqual(new Set([1]));
});

it('a batch with bad jobs: 207, each answered in its place, the good ones taken', async () => {
  const world = aWorld();
  const { post, counts } = enqueuer(world);
  const answer = await post([
    { type: 'nothing', payload: 1 },
    echo(),
    { type: 'greet', payload: { name: 5 } },
    { type: 'echo' },
    { type: 'greet', payload: { name: 'Ada' } },
  ]);
  expect(told(answer)).toMatchObject({
    status: 207,
    body: {
      results: [
        { code: 'unknown_type' },
        { id: firstId, status: 'pending' },
        { code: 'invalid_payload', details: [{ path: '/payload/name' }] },
        { code: 'invalid_request', details: [{ path: '/payload' }] },
        { id: secondId, status: 'pending' },
      ],
    },
  });
  expect(world.lanes.waiting('normal').map((each) => each.job)).toEqual([firstId, secondId]);
  expect(counts).toEqual({ accepted: 2 });
});

it('one bad job alone: its problem, and nothing written', async () => {
  const world = aWorld();
  expect(told(await enqueuer(world).post({ type: 'nothing', payload: 1 })).code).toBe('unknown_type');
  expect(world.faults.calls).toEqual([]);
});

it('a body that is not JSON is refused', async () => {
  expect(told(await enqueuer(aWorld()).post({}, { body: '{' })).code).toBe('invalid_request');
});

it('a pointer that SQS refuses: no record, 503, and the others are taken', async () => {
  const world = aWorld();
  const { post, counts } = enqueuer(world);
  world.lanes.refuse(1);
  const answer = await post([echo(), echo()]);
  expect(told(answer).body.results).toMatchObject([{ code: 'unavailable' }, { id: secondId }]);
  expect(world.store.peek(firstId)).toBeUndefined();
  expect(counts).toEqual({ accepted: 1 });
});

it('a throttled insert is sent once more, and only that row', async () => {
  const world = aWorld();
  world.store.throttle(1);
  expect(told(await enqueuer(world).post([echo(), echo(), echo()])).body.results).toMatchObject([
    { id: firstId },
    { id: secondId },
    { status: 'pending' },
  ]);
  expect(world.faults.calls.filter((each) => each.startsWith('insert'))).toEqual(['insert 3', 'insert 1']);
});

it('an insert that stays throttled: 503 with a time to wait, for its job alone', async () => {
  const world = aWorld();
  world.store.throttle(2);
  const single = await enqueuer(world).post(echo());
  expect(told(single)).toMatchObject({ code: 'unavailable', body: { retryAfterSeconds: 1 } });
});

it('20 s after the send nothing is inserted any more', async () => {
  const world = aWorld();
  world.store.throttle(1);
  const { insert } = world.store;
  world.store.insert = async (records) => {
    await world.clock.advance(20_000);
    return insert(records);
  };
  expect(told(await enqueuer(world).post(echo())).code).toBe('unavailable');
  expect(world.faults.calls.filter((each) => each.startsWith('insert'))).toEqual(['insert 1']);
});

it('an insert whose answer was lost finds its own record: 201', async () => {
  const world = aWorld();
  world.faults.sendTwice('insert');
  expect(told(await enqueuer(world).post(echo())).status).toBe(201);
});

it('a record whose place a tombstone took: 503', async () => {
  const world = aWorld();
  world.store.put(tombstone(jobKey('acme', firstId), start));
  expect(told(await enqueuer(world).post(echo())).code).toBe('unavailable');
});

it.each(['sealingKey', 'deliver', 'insert'])('%s failing is an error, not an answer', async (method) => {
  const world = aWorld();
  world.faults.throwBefore(method);
  await expect(enqueuer(world).post(echo())).rejects.toThrow(`${method} did not arrive`);
});

it('a job of a long queue is watched from its insert on, and its pointer goes all the same', async () => {
  const world = aWorld();
  const [contract] = contracts as [JobContract];
  const catalogue = { queues, contracts: [{ ...contract, timeoutSeconds: 600 }] };
  const randomBytes = (count: number) => new Uint8Array(count).fill(1);
  const step = enqueue({ ...world, catalogue, now: world.clock.now, randomBytes });
  const body = JSON.stringify(echo(1, { delay_seconds: 30 }));
  expect(told(await step(aRequest('enqueueJob', { body }), {})).status).toBe(201);
  expect(world.lanes.waiting('normal')).toEqual([{ job: firstId, inSeconds: 30 }]);
  expect(world.store.peek(firstId)).toMatchObject({ attentionAt: start + 90_000, attentionStep: 0 });
});
