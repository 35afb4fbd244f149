import { describe, expect, test } from 'vitest';
import { deathError, describeDeath, judgeLines, ownerOf, requestIdOf } from '../../core/death.ts';
import { aJob, now } from './a-job.ts';

const id = 'ea16baa3-8af4-46cb-9d1d-5b32f402cea1';

describe('the owner of a record', () => {
  test('is the invocation, in 22 characters', () => {
    expect(ownerOf(id)).toBe('6ha6o4r0RsudHVsy9ALOoQ');
    expect(requestIdOf('6ha6o4r0RsudHVsy9ALOoQ')).toBe(id);
  });

  test('is what another emulator calls it, which no log is searched for', () => {
    expect(ownerOf('r-1')).toBe('r-1');
    expect(requestIdOf('r-1')).toBeUndefined();
    expect(requestIdOf('dH8-2kLmN0pq')).toBeUndefined();
    expect(requestIdOf(undefined)).toBeUndefined();
  });
});

const start = `START RequestId: ${id} Version: $LATEST`;
const end = `END RequestId: ${id}`;
const report = (ms: number, used: number, more = '') =>
  `REPORT RequestId: ${id}\tDuration: ${ms} ms\tBilled Duration: ${ms} ms\tMemory Size: 256 MB\tMax Memory Used: ${used} MB\t${more}`;

describe('why a process died, by the lines of its log', () => {
  test.each([
    ['nothing found', [], 'lease_lost'],
    ['it only began', [start], 'lease_lost'],
    ['it ended well before its time', [start, end, report(1_200, 120)], 'lease_lost'],
    [
      'killed, memory to spare',
      [
        start,
        `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
        report(900, 120, 'Status: error\tError Type: Runtime.ExitError'),
      ],
      'lease_lost',
    ],
    ['Lambda says: timeout', [start, report(12, 120, 'Status: timeout')], 'timeout'],
    [
      'Lambda said it so before',
      [start, `2026-11-22T10:00:35.000Z ${id} Task timed out after 35.00 seconds`, report(12, 120)],
      'timeout',
    ],
    ['it took all its time', [start, end, report(35_000, 120)], 'timeout'],
    ['it took all its time but a millisecond', [start, end, report(34_999, 120)], 'lease_lost'],
    [
      'the thread ended it',
      [
        start,
        `{"level":"error","message":"a blocked process was ended","request_id":"${id}"}`,
        report(900, 120),
      ],
      'timeout',
    ],
    [
      'Lambda says: out of memory',
      [start, report(900, 120, 'Status: error\tError Type: Runtime.OutOfMemory')],
      'out_of_memory',
    ],
    [
      'V8 says so',
      [
        start,
        report(900, 120),
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      ],
      'out_of_memory',
    ],
    ['all memory was used', [start, report(900, 256)], 'out_of_memory'],
    ['more than there is was used, as an emulator counts', [start, report(900, 549)], 'lease_lost'],
    ['all but one MB was used', [start, report(900, 255)], 'lease_lost'],
    ['memory and time were used up', [start, report(35_000, 256)], 'timeout'],
  ] as const)('%s', (_, lines, cause) => {
    expect(judgeLines(lines, 35_000)).toBe(cause);
  });
});

describe('a death on the record', () => {
  const alone = aJob('running', { attempt: 3, shared: 1 });

  test('as the last error of the attempt', () => {
    expect(deathError(alone, { cause: 'timeout', requestId: id, logStream: 's' }, now)).toEqual({
      code: 'timeout',
      cause: 'timeout',
      attempt: 3,
      at: 1_800_000_000_000,
      requestId: id,
      logStream: 's',
    });
  });

  test('of which nothing is known but that', () => {
    expect(deathError(alone, { cause: 'lease_lost' }, now)).toEqual({
      code: 'lease_lost',
      cause: 'lease_lost',
      attempt: 3,
      at: 1_800_000_000_000,
    });
  });

  test('of a process that ran others too: whose it was is not known', () => {
    const found = { ...alone, shared: 10 };
    expect(deathError(found, { cause: 'out_of_memory' }, now).shared).toBe(10);
    expect(describeDeath(found, { cause: 'out_of_memory' })).toBe(
      'the process ran out of memory; it ran 10 jobs, any of which may have been the reason',
    );
    expect(describeDeath(alone, { cause: 'timeout' })).toBe('the process was ended at its timeout');
    expect(describeDeath(alone, { cause: 'lease_lost' })).toBe('the process died or was cut off');
  });
});
