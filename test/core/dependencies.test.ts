import { describe, expect, test } from 'vitest';
import {
  dependenciesOf,
  judgeDependencies,
  metChange,
  packDependencies,
  packIds,
  startsAt,
  unpackIds,
  watchChange,
  watchersOf,
} from '../../core/dependencies.ts';
import type { JobRecord } from '../../core/table.ts';
import { aJob, jobId, key, now } from './a-job.ts';

const id = (last: number) => `01a3185c-5000-7abc-8def-0123456789${String(last).padStart(2, '0')}`;
const well = { id: id(1), onFailure: 'cancel' } as const;
const spare = '01a3185c-5000-7abc-8def-112345678901';
const ended = { id: id(2), onFailure: 'continue' } as const;

describe('ids on a record', () => {
  test('are 22 characters each, and the same when they are read', () => {
    expect(packIds([id(1), jobId])).toBe('AaMYXFAAeryN7wEjRWeJAQAaMYXFAAeryN7wEjRWeJBQ');
    expect(unpackIds(packIds([id(1), jobId]))).toEqual([id(1), jobId]);
    expect(unpackIds('')).toEqual([]);
  });

  test('dependencies keep what their failure does, and the delay', () => {
    const packed = packDependencies([ended, well], 5_000);
    expect(packed).toEqual({
      well: 'AaMYXFAAeryN7wEjRWeJAQ',
      ended: 'AaMYXFAAeryN7wEjRWeJAg',
      delayMs: 5_000,
    });
    expect(dependenciesOf({ dependencies: packed })).toEqual([well, ended]);
    expect(packDependencies([ended], 0)).toEqual({ ended: 'AaMYXFAAeryN7wEjRWeJAg' });
    expect(dependenciesOf({})).toEqual([]);
  });
});

describe('a job that waits', () => {
  const cases: [string, JobRecord['status'][], ReturnType<typeof judgeDependencies>['do']][] = [
    ['for two that completed', ['completed', 'completed'], 'run'],
    ['for one that was skipped', ['skipped', 'completed'], 'run'],
    ['for one that runs', ['completed', 'running'], 'wait'],
    ['for one that itself waits for others', ['waiting_dependencies', 'completed'], 'wait'],
    ['for one that is tried again', ['retrying', 'failed'], 'wait'],
    ['for one that failed', ['failed', 'completed'], 'cancel'],
    ['for one that was cancelled', ['cancelled', 'completed'], 'cancel'],
    ['for one that failed, while another runs', ['failed', 'running'], 'cancel'],
    ['for one that failed and may', ['completed', 'failed'], 'run'],
    ['for one that was cancelled and may be', ['completed', 'cancelled'], 'run'],
  ];
  test.each(cases)('%s', (_, [first = 'pending', second = 'pending'], what) => {
    expect(judgeDependencies([well, ended], [aJob(first), aJob(second)]).do).toBe(what);
  });

  test('says which job did not end well, and which have not ended', () => {
    const running = aJob('running', { sk: id(2) });
    expect(judgeDependencies([well, ended], [aJob('completed'), running])).toEqual({
      do: 'wait',
      open: [running],
    });
    expect(judgeDependencies([well], [aJob('failed')])).toEqual({ do: 'cancel', because: id(1) });
  });

  test('for one that is no longer stored: it ended a month ago, and well', () => {
    expect(judgeDependencies([well], [undefined])).toEqual({ do: 'run' });
  });
});

describe('when it runs', () => {
  const found = (more: Partial<JobRecord>) => aJob('waiting_dependencies', more);
  test('at once', () => expect(startsAt(found({}), now + 7_000)).toBe(1_800_000_007_000));
  test('its delay counts from now', () =>
    expect(startsAt(found({ dependencies: { delayMs: 5_000 } }), now + 7_000)).toBe(1_800_000_012_000));
  test('not before its time', () =>
    expect(startsAt(found({ availableAt: now + 60_000 }), now + 7_000)).toBe(1_800_000_060_000));
  test('a year after its creation at the latest', () => {
    const yearMs = 31_536_000_000;
    const late = found({ dependencies: { delayMs: yearMs } });
    expect(startsAt(late, now + 7_000)).toBe(1_831_536_000_000);
    expect(startsAt(late, 1_863_072_000_000)).toBe(1_863_072_000_000);
  });
  test('near: a pointer follows, its entry is a minute behind it', () => {
    const change = metChange(found({ dependencies: { delayMs: 900_000 } }), now);
    expect(change.set).toEqual({
      status: 'scheduled',
      availableAt: 1_800_000_900_000,
      attention: 'due#09',
      attentionAt: 1_800_000_960_000,
    });
  });
});

describe('who waits for a job', () => {
  test('is noted once', () => {
    const found = aJob('running', { watchers: packIds([id(1)]) });
    expect(watchChange(found, [id(1)])).toBeUndefined();
    const change = watchChange(found, [id(1), id(2)]);
    expect(change?.key).toEqual(key);
    expect(watchersOf({ watchers: change?.set.watchers ?? '' })).toEqual([id(1), id(2)]);
  });

  test('has room for 100', () => {
    const many = Array.from({ length: 99 }, (_, index) => id(index));
    const found = aJob('running', { watchers: packIds(many) });
    const change = watchChange(found, [spare, '01a3185c-5000-7abc-8def-112345678902']);
    expect(watchersOf({ watchers: change?.set.watchers ?? '' })).toEqual([...many, spare]);
    expect(watchChange(aJob('running', { watchers: packIds([...many, spare]) }), [id(99)])).toBeUndefined();
  });
});
