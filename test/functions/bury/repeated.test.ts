import { expect, it } from 'vitest';
import type { JobRecord } from '../../../core/table.ts';
import { aJobId } from '../../support/a-job.ts';
import { start } from '../../support/clock.ts';
import { aWorld } from '../../support/world.ts';
import { burier, dead } from './dead.ts';

/** What the mapping would have deleted is seen again when its visibility is over. */
async function seenAgain({ world }: Awaited<ReturnType<typeof dead>>, invoke: () => Promise<unknown>) {
  const { finish } = world.lanes;
  world.lanes.finish = () => {};
  await invoke();
  world.lanes.finish = finish;
  await world.clock.advance(75_000);
}

it('a dead letter that was judged, and is seen again: one burial, and its pointer once more', async () => {
  const letter = await dead();
  const { world, job, invoke, record, counts } = letter;
  for (let times = 0; times < 3; times++) await seenAgain(letter, invoke);
  await invoke();
  expect(record()).toMatchObject({ status: 'pending', buried: 1, buriedAt: start, attempt: 0 });
  expect(counts).toEqual({ buried: 1 });
  expect(world.lanes.waiting('quarantine')).toEqual(Array(4).fill({ job: job.sk, inSeconds: 0 }));
  expect(world.lanes.waiting('dead')).toEqual([]);
});

it('bury dies between the record and the pointer: who judges the letter again sends it', async () => {
  const letter = await dead();
  const { world, job, invoke, record } = letter;
  // Two moments a call: it dies on its way into the third, the pointer.
  world.faults.crashAt(5);
  await seenAgain(letter, invoke);
  expect(record().buried).toBe(1);
  expect(world.lanes.waiting('quarantine')).toEqual([]);
  world.faults.restart();
  await invoke();
  expect(record().buried).toBe(1);
  expect(world.lanes.waiting('quarantine')).toEqual([{ job: job.sk, inSeconds: 0 }]);
  expect(world.lanes.waiting('dead')).toEqual([]);
});

it('a letter seen again whose job was claimed meanwhile hinders nobody', async () => {
  const letter = await dead();
  const { world, invoke, record } = letter;
  await seenAgain(letter, invoke);
  const claimed: JobRecord = { ...record(), status: 'running', fence: 1, shared: 1, message: 'another' };
  world.store.put({ ...claimed, availableAt: world.clock.now() + 60_000 });
  await invoke();
  expect(record()).toMatchObject({ status: 'running', fence: 1 });
  expect(world.lanes.waiting('quarantine')).toHaveLength(1);
});

it('two letters of one job in one receive: the second is judged by what the first has left', async () => {
  const { world, job, invoke, record, counts, stays } = await dead({
    status: 'running',
    availableAt: start - 1,
  });
  world.point('dead', job);
  await invoke();
  expect(record()).toMatchObject({ status: 'pending', buried: 2 });
  expect(counts).toEqual({ buried: 2, leasesLost: 1 });
  expect(stays()).toEqual([]);
});

it('an old letter of a job that was buried since: gone, and no pointer more', async () => {
  const { world, job, invoke, record } = await dead();
  await world.clock.advance(61_000);
  world.point('dead', job);
  const entry = { attention: 'due#00', attentionAt: start + 100_000 };
  world.store.put({ ...job, ...entry, buried: 1, buriedAt: start + 60_001, shared: 0, message: 'another' });
  await invoke();
  // The first was sent more than a minute before the burial, the second after it.
  expect(record()).toMatchObject({ buried: 2, message: 'message-2' });
  expect(world.lanes.waiting('quarantine')).toHaveLength(1);
  expect(world.lanes.waiting('dead')).toEqual([]);
});

it('two tenants have a job of one id: each letter is judged by its own record', async () => {
  const world = aWorld();
  const sk = aJobId();
  const ended = await world.job('a payload', { sk, tenant: 'beta', status: 'completed' });
  await world.job('a payload', { sk, tenant: 'acme', status: 'pending' });
  world.point('dead', ended, { ...ended, pk: ended.pk.replace('beta', 'acme') });
  await burier(world).invoke();
  const buried = world.store.all().map(({ pk, buried }) => [pk.split('#')[0], buried]);
  expect(buried.sort()).toEqual([
    ['acme', 1],
    ['beta', undefined],
  ]);
  expect(world.lanes.waiting('quarantine')).toHaveLength(1);
});
