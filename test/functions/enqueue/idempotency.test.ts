import { expect, it } from 'vitest';
import { tombstone } from '../../../core/newjob.ts';
import { jobKey } from '../../../core/table.ts';
import type { ApiAnswer } from '../../../functions/http.ts';
import { enqueuer, told } from '../../support/requests.ts';
import { aWorld, type World } from '../../support/world.ts';

const key = { idempotencyKey: 'order-17' };
const echo = (payload: unknown = 1) => ({ type: 'echo', payload });
const idOf = (answer: ApiAnswer) => String(told(answer).body.id);
const idsOf = (answer: ApiAnswer) => (told(answer).body.results as { id?: string }[]).map((each) => each.id);
const pointers = (world: World) => world.lanes.waiting('normal').map((each) => each.job);

/** A call that dies after it holds the key, before any pointer; answers the id it would have had. */
async function brokenOff(world: World): Promise<string> {
  world.faults.throwBefore('deliver');
  await expect(enqueuer(world).post(echo(), key)).rejects.toThrow('deliver');
  await world.clock.advance(1);
  const probe = aWorld();
  return idOf(await enqueuer(probe).post(echo(), key));
}

it('a repeat: 200, the same job, nothing sent again', async () => {
  const world = aWorld();
  const { post, counts } = enqueuer(world);
  const first = await post(echo(), key);
  await world.clock.advance(86_400_000);
  const second = await post(echo(), key);
  expect([told(first).status, told(second).status]).toEqual([201, 200]);
  expect(idOf(second)).toBe(idOf(first));
  expect(pointers(world)).toEqual([idOf(first)]);
  expect(counts).toEqual({ accepted: 0 });
});

it('a repeat shows the job as it is by now', async () => {
  const world = aWorld();
  const { post } = enqueuer(world);
  const id = idOf(await post(echo(), key));
  world.store.put({ ...world.store.peek(id)!, status: 'completed' });
  await world.clock.advance(1);
  expect(told(await post(echo(), key))).toMatchObject({ status: 200, body: { id, status: 'completed' } });
});

it('a repeated batch: the same ids in the same order, bad jobs refused again', async () => {
  const world = aWorld();
  const { post } = enqueuer(world);
  const jobs = [echo(1), { type: 'nothing', payload: 1 }, echo(2), echo(3)];
  const first = idsOf(await post(jobs, key));
  expect(new Set(first).size).toBe(4);
  expect(first[1]).toBeUndefined();
  await world.clock.advance(1);
  expect(idsOf(await post(jobs, key))).toEqual(first);
  expect(pointers(world).sort()).toEqual(first.filter((id) => id !== undefined).sort());
});

it('the same body is the same however its members are ordered; another body is a conflict', async () => {
  const { post } = enqueuer(aWorld());
  const first = await post({ type: 'echo', payload: { a: 1, b: 2 } }, key);
  const sameBody = { body: '{"payload":{"b":2,"a":1},"type":"echo"}', ...key };
  expect(idOf(await post({}, sameBody))).toBe(idOf(first));
  expect(told(await post({ type: 'echo', payload: { a: 1, b: 3 } }, key)).code).toBe('idempotency_conflict');
});

it('a key belongs to its tenant and route', async () => {
  const { post } = enqueuer(aWorld());
  const first = await post(echo(), key);
  const elsewhere = await post(echo(), { ...key, tenant: 'globex' });
  const batch = await post([echo()], key);
  expect(told(elsewhere)).toMatchObject({ status: 201, body: { tenant: 'globex' } });
  expect(new Set([idOf(first), idOf(elsewhere), ...idsOf(batch)]).size).toBe(3);
});

it('the key itself is nowhere stored', async () => {
  const world = aWorld();
  await enqueuer(world).post(echo(), key);
  expect(JSON.stringify([...world.dedupe.items])).not.toContain('order-17');
});

it('is held before any pointer is sent', async () => {
  const world = aWorld();
  await enqueuer(world).post(echo(), key);
  expect(world.faults.calls).toEqual(['dedupeKey 1', 'hold 1', 'sealingKey 1', 'deliver 1', 'insert 1']);
});

it('a request without a good job keeps its key free for the corrected one', async () => {
  const world = aWorld();
  const { post } = enqueuer(world);
  expect(told(await post({ type: 'greet', payload: {} }, key)).code).toBe('invalid_payload');
  expect(told(await post([{ type: 'nothing', payload: 1 }], key)).status).toBe(207);
  expect(world.faults.calls).toEqual([]);
  expect(told(await post(echo(), key)).status).toBe(201);
});

it('is free again after 25 hours', async () => {
  const world = aWorld();
  const { post } = enqueuer(world);
  const first = await post(echo(1), key);
  await world.clock.advance(25 * 3_600_000 - 1);
  expect(told(await post(echo(1), key)).status).toBe(200);
  await world.clock.advance(1);
  const later = await post(echo(2), key);
  expect(told(later).status).toBe(201);
  expect(idOf(later)).not.toBe(idOf(first));
});

it('broken off between key and pointer: busy for a minute, with a time to wait', async () => {
  const world = aWorld();
  await brokenOff(world);
  await world.clock.advance(59_998);
  expect(told(await enqueuer(world).post(echo(), key))).toMatchObject({
    code: 'busy',
    body: { retryAfterSeconds: 5 },
  });
  expect(pointers(world)).toEqual([]);
});

it('broken off, a minute later: its place is taken by a tombstone, and the job gets another id', async () => {
  const world = aWorld();
  const lost = await brokenOff(world);
  await world.clock.advance(59_999);
  const { post } = enqueuer(world);
  const answer = await post(echo(), key);
  expect(told(answer).status).toBe(201);
  expect(idOf(answer)).not.toBe(lost);
  expect(world.store.peek(lost)?.status).toBe('void');
  expect(pointers(world)).toEqual([idOf(answer)]);
  expect(told(await post(echo(), key))).toMatchObject({ status: 200, body: { id: idOf(answer) } });
});

it('broken off in the middle of a batch: what stands stays, what is missing is made', async () => {
  const world = aWorld();
  const jobs = Array.from({ length: 26 }, (_, index) => echo(index));
  world.faults.crashAt(50);
  await expect(enqueuer(world).post(jobs, key)).rejects.toThrow('died');
  world.faults.restart();
  const standing = pointers(world).filter((id) => world.store.peek(id) !== undefined);
  expect(standing).toHaveLength(20);
  await world.clock.advance(60_000);
  const ids = idsOf(await enqueuer(world).post(jobs, key));
  expect(ids.slice(0, 20)).toEqual(standing);
  expect(ids.map((id) => world.store.peek(id ?? '')?.status)).toEqual(jobs.map(() => 'pending'));
});

it('a place that a worker made void is minted again at once', async () => {
  const world = aWorld();
  const lost = await brokenOff(world);
  world.store.put(tombstone(jobKey('acme', lost), world.clock.now()));
  const answer = await enqueuer(world).post(echo(), key);
  expect(told(answer).status).toBe(201);
  expect(idOf(answer)).not.toBe(lost);
});

it('void twice: minted a third time', async () => {
  const world = aWorld();
  await brokenOff(world);
  const { post } = enqueuer(world);
  for (let time = 0; time < 2; time++) {
    await world.clock.advance(60_000);
    world.faults.throwBefore('deliver');
    await expect(post(echo(), key)).rejects.toThrow('deliver');
  }
  await world.clock.advance(60_000);
  expect(told(await post(echo(), key)).status).toBe(201);
  const graves = [...world.dedupe.items.values()].map((each) => each.again[0]?.generation);
  expect(graves).toEqual([3]);
});

it('minted again is a minute young again: busy, not void', async () => {
  const world = aWorld();
  await brokenOff(world);
  await world.clock.advance(60_000);
  world.faults.throwBefore('deliver');
  const { post } = enqueuer(world);
  await expect(post(echo(), key)).rejects.toThrow('deliver');
  await world.clock.advance(59_999);
  expect(told(await post(echo(), key)).code).toBe('busy');
});

it('a record that came after all, just before its tombstone: busy, then answered', async () => {
  const world = aWorld();
  const late = await brokenOff(world);
  await world.clock.advance(60_000);
  const { insert } = world.store;
  world.store.insert = async (records) => {
    world.store.insert = insert;
    await world.job(1, { sk: late, pk: jobKey('acme', late).pk });
    return insert(records);
  };
  const { post } = enqueuer(world);
  expect(told(await post(echo(), key)).code).toBe('busy');
  expect(told(await post(echo(), key))).toMatchObject({ status: 200, body: { id: late } });
});

it('a take-over whose answer was lost is its own', async () => {
  const world = aWorld();
  await brokenOff(world);
  await world.clock.advance(60_000);
  world.faults.sendTwice('replace');
  expect(told(await enqueuer(world).post(echo(), key)).status).toBe(201);
});

it('two that take the same broken-off key over: one job', async () => {
  const world = aWorld();
  await brokenOff(world);
  await world.clock.advance(60_000);
  const later = { ...world, clock: { ...world.clock, now: () => world.clock.now() + 1 } };
  const answers = await Promise.all([enqueuer(world), enqueuer(later)].map(({ post }) => post(echo(), key)));
  expect(answers.map((each) => told(each).status ?? told(each).code).sort()).toEqual([201, 'busy']);
  expect(pointers(world)).toHaveLength(1);
});

it('two that take it over in the same millisecond are twins: one job', async () => {
  const world = aWorld();
  await brokenOff(world);
  await world.clock.advance(60_000);
  const answers = await Promise.all([enqueuer(world), enqueuer(world)].map(({ post }) => post(echo(), key)));
  expect(new Set([...answers.map(idOf), ...pointers(world)]).size).toBe(1);
});

it('two at the same moment: one job, whoever is answered', async () => {
  const world = aWorld();
  const answers = await Promise.all([enqueuer(world), enqueuer(world)].map(({ post }) => post(echo(), key)));
  const ids = answers.filter((each) => 'status' in each).map(idOf);
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set([...ids, ...pointers(world)]).size).toBe(1);
});

it('a hold whose answer was lost is its own: no minute of waiting', async () => {
  const world = aWorld();
  world.faults.sendTwice('hold');
  expect(told(await enqueuer(world).post(echo(), key)).status).toBe(201);
});
