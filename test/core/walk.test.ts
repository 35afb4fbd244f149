import { describe, expect, test } from 'vitest';
import { never } from '../../core/table.ts';
import { cursorAfter, idleMinutes, judgeWalked, legsOf, shardGroups, walkedChange } from '../../core/walk.ts';
import { aJob, key, now } from './a-job.ts';

const until = 1_799_999_700_000;
const minuteMs = 60_000;

describe('a walked record', () => {
  test.each(['completed', 'failed', 'cancelled', 'skipped', 'void'] as const)('%s -> left', (status) => {
    expect(judgeWalked(aJob(status), now, () => undefined)).toEqual({ do: 'leave' });
  });

  test('with an entry -> left', () => {
    const entry = { attention: 'due#09', attentionAt: 1_800_000_060_000 };
    expect(judgeWalked(aJob('pending', entry), now, () => undefined)).toEqual({ do: 'leave' });
  });

  test.each([
    ['alive', 1_800_000_020_000, 1_800_000_080_000],
    ['over', 1_799_999_900_000, 1_799_999_960_000],
  ])('running, its lease %s -> an entry a minute after the lease', (_, availableAt, to) => {
    expect(judgeWalked(aJob('running', { availableAt }), now, () => undefined)).toEqual({ do: 'enter', to });
  });

  test('waiting for less than 5 minutes -> an entry when it will have waited so long', () => {
    const found = aJob('retrying', { availableAt: 1_799_999_700_001 });
    expect(judgeWalked(found, now, () => undefined)).toEqual({ do: 'enter', to: 1_800_000_000_001 });
  });

  test.each(['scheduled', 'pending', 'retrying'] as const)('%s for 5 minutes -> sent at once', (status) => {
    expect(judgeWalked(aJob(status, { availableAt: 1_799_999_700_000 }), now, () => undefined)).toMatchObject(
      {
        do: 'send',
        delaySeconds: 0,
      },
    );
  });

  test('due within 15 minutes, on its way as a delayed message -> an entry 5 minutes after its time', () => {
    const found = aJob('scheduled', { availableAt: 1_800_000_900_000 });
    expect(judgeWalked(found, now, () => undefined)).toEqual({ do: 'enter', to: 1_800_001_200_000 });
  });

  test('due later -> an entry 15 minutes before its time', () => {
    const found = aJob('scheduled', { availableAt: 1_800_003_600_000 });
    expect(judgeWalked(found, now, () => undefined)).toEqual({ do: 'enter', to: 1_800_002_700_000 });
  });

  test('waiting for dependencies -> keeps an entry, as whatever is not final does', () => {
    const found = aJob('waiting_dependencies', { attention: undefined, attentionAt: undefined });
    expect(judgeWalked({ ...found, availableAt: never }, now, () => undefined).do).toBe('enter');
  });
});

describe('the write of a walked record', () => {
  const found = aJob('running', { fence: 3, availableAt: 1_800_000_020_000 });
  const where = [
    ['attention', 'missing'],
    ['status', '=', 'running'],
    ['fence', '=', 3],
    ['availableAt', '=', 1_800_000_020_000],
  ];

  test('an entry', () => {
    expect(walkedChange(found, { do: 'enter', to: 1_800_000_080_000 })).toEqual({
      key,
      set: { attention: 'due#09', attentionAt: 1_800_000_080_000 },
      where,
    });
  });

  test('an entry and the step to double', () => {
    const late = aJob('pending', { availableAt: 1_799_999_000_000 });
    const decision = judgeWalked(late, now, () => undefined);
    if (decision.do === 'leave') throw new Error('left');
    expect(walkedChange(late, decision)).toMatchObject({
      set: { attention: 'due#09', attentionAt: decision.to, attentionStep: expect.any(Number) },
      where: [['attention', 'missing'], ['status', '=', 'pending'], ['fence', '=', 0], expect.anything()],
    });
  });
});

describe('shards', () => {
  test('every shard of every tenant, each in one group', () => {
    const groups = shardGroups(['acme', 'default']);
    expect(groups).toHaveLength(8);
    expect(groups.flat()).toHaveLength(24);
    expect(new Set(groups.flat()).size).toBe(24);
    expect(groups.flat()).toEqual(expect.arrayContaining(['acme#0', 'acme#7', 'default#15']));
  });

  test('a shard’s group never changes: its cursor stands there', () => {
    const groups = shardGroups(['acme']);
    expect(groups.findIndex((each) => each.includes('acme#0'))).toBe(7);
    expect(groups.findIndex((each) => each.includes('acme#7'))).toBe(6);
  });

  test.each([
    [0, 1],
    [1_000, 1],
    [1_001, 2],
    [8_000, 8],
    [80_000, 10],
  ])('of %d, an idle one is looked at every %d minutes', (shards, minutes) => {
    expect(idleMinutes(shards)).toBe(minutes);
  });
});

describe('what is to be walked', () => {
  const shards = ['a#0', 'a#1', 'a#2'];

  test('a group that was never walked: everything, from the first id on', () => {
    expect(legsOf(undefined, shards, until, 1)).toEqual([
      { pk: 'a#0', from: 0 },
      { pk: 'a#1', from: 0 },
      { pk: 'a#2', from: 0 },
    ]);
  });

  test('what lags the most goes first', () => {
    const cursor = { walkedTo: until - 3 * minuteMs, ahead: { 'a#0': until - minuteMs, 'a#2': until } };
    expect(legsOf(cursor, shards, until, 1)).toEqual([
      { pk: 'a#1', from: 1_799_999_520_000 },
      { pk: 'a#0', from: 1_799_999_640_000 },
    ]);
  });

  test('between the looks at idle shards, the busy ones', () => {
    const cursor = { walkedTo: until - 2 * minuteMs, ahead: { 'a#1': until - minuteMs } };
    expect(legsOf(cursor, shards, until, 4)).toEqual([{ pk: 'a#1', from: 1_799_999_640_000 }]);
  });

  test.each([
    ['a little before its minute', 25_000, 0],
    ['a little late', 35_000, 3],
  ])('a run %s', (_, afterMs, count) => {
    const cursor = { walkedTo: until - afterMs, ahead: {} };
    expect(legsOf(cursor, shards, until, 1)).toHaveLength(count);
  });

  test('a tenant that is gone from the list is not walked', () => {
    const cursor = { walkedTo: until - minuteMs, ahead: { 'gone#0': until - minuteMs } };
    expect(legsOf(cursor, [], until, 1)).toEqual([]);
  });
});

describe('the cursor after a walk', () => {
  const shards = ['a#0', 'a#1'];
  const leg = (pk: string, reached: number, busy = true) => ({ pk, from: 0, reached, busy });

  test('all walked → the whole group is that far', () => {
    expect(cursorAfter(undefined, shards, [leg('a#0', until), leg('a#1', until)], until, 1)).toEqual({
      walkedTo: 1_799_999_700_000,
      ahead: {},
    });
  });

  test('one broke off → the group stays, and each shard goes on where it is', () => {
    const walked = [leg('a#0', until), leg('a#1', 5_000)];
    expect(cursorAfter(undefined, shards, walked, until, 1)).toEqual({
      walkedTo: 0,
      ahead: { 'a#0': 1_799_999_700_000, 'a#1': 5_000 },
    });
  });

  test('one was not reached → the group stays', () => {
    const cursor = { walkedTo: 1_000, ahead: {} };
    expect(cursorAfter(cursor, shards, [leg('a#0', until)], until, 1)).toEqual({
      walkedTo: 1_000,
      ahead: { 'a#0': 1_799_999_700_000 },
    });
  });

  test('what an earlier walk had finished counts', () => {
    const cursor = { walkedTo: 1_000, ahead: { 'a#0': until } };
    expect(cursorAfter(cursor, shards, [leg('a#1', until)], until, 1).walkedTo).toBe(1_799_999_700_000);
  });

  test('with many tenants the busy shards are remembered', () => {
    const walked = [leg('a#0', until, false), leg('a#1', until)];
    expect(cursorAfter(undefined, shards, walked, until, 5)).toEqual({
      walkedTo: 1_799_999_700_000,
      ahead: { 'a#1': 1_799_999_700_000 },
    });
  });

  test('a group without shards is walked', () => {
    expect(cursorAfter(undefined, [], [], until, 1)).toEqual({ walkedTo: 1_799_999_700_000, ahead: {} });
  });

  test('stays small enough for its item', () => {
    const many = Array.from({ length: 9_000 }, (_, index) => leg(`t#${index}`, until));
    const { ahead, walkedTo } = cursorAfter(undefined, ['late#0'], many, until, 1);
    expect(Object.keys(ahead)).toHaveLength(6_000);
    expect(walkedTo).toBe(0);
  });
});
