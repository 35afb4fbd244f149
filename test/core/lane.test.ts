import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { JobContract, QueueContract } from '../../core/define.ts';
import {
  contractFaults,
  defaultPriority,
  laneOf,
  lanes,
  maxDelaySeconds,
  maxReceiveCount,
  maxShortTimeoutSeconds,
  maxTimeoutSeconds,
  queueTimes,
  retentionSeconds,
} from '../../core/lane.ts';

const queue: QueueContract = { name: 'default', memoryMb: 512, batchConcurrency: 10 };
const type = (more: Partial<JobContract> = {}): JobContract => ({
  type: 'echo',
  queue: 'default',
  payload: z.unknown(),
  result: z.unknown(),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
  ...more,
});

describe('lanes', () => {
  test('five, most urgent first', () => {
    expect(lanes).toEqual(['critical', 'high', 'normal', 'low', 'quarantine']);
  });
  test.each([
    [0, 'low'],
    [1, 'low'],
    [2, 'low'],
    [3, 'normal'],
    [4, 'normal'],
    [5, 'normal'],
    [6, 'high'],
    [7, 'high'],
    [8, 'high'],
    [9, 'critical'],
  ])('priority %d waits in %s', (priority, lane) => {
    expect(laneOf(priority)).toBe(lane);
  });
  test('the default priority is 4', () => {
    expect(defaultPriority).toBe(4);
  });
  test('what SQS allows: 15 minutes of delay, 14 days of retention; 20 receives', () => {
    expect([maxDelaySeconds, retentionSeconds, maxReceiveCount]).toEqual([900, 1_209_600, 20]);
  });
});

describe('the times of a queue', () => {
  test.each([
    [1, { longestTimeoutMs: 1_000, functionTimeoutSeconds: 16, visibilitySeconds: 46, leaseMs: 36_000 }],
    [30, { longestTimeoutMs: 30_000, functionTimeoutSeconds: 45, visibilitySeconds: 75, leaseMs: 65_000 }],
    [60, { longestTimeoutMs: 60_000, functionTimeoutSeconds: 75, visibilitySeconds: 105, leaseMs: 95_000 }],
  ])('of a longest timeout of %d s', (timeoutSeconds, times) => {
    expect(queueTimes('default', [type({ timeoutSeconds })])).toEqual({ long: false, ...times });
  });

  test('are those of its longest type, and of no other queue’s', () => {
    const contracts = [
      type({ timeoutSeconds: 10 }),
      type({ type: 'b', timeoutSeconds: 20 }),
      type({ type: 'c', queue: 'other', timeoutSeconds: 60 }),
    ];
    expect(queueTimes('default', contracts).functionTimeoutSeconds).toBe(35);
  });

  test('a handler, its settle and its lease fit into one another, whatever the timeout', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (timeoutSeconds) => {
        const times = queueTimes('default', [type({ timeoutSeconds })]);
        const functionMs = times.functionTimeoutSeconds * 1000;
        const visibilityMs = times.visibilitySeconds * 1000;
        expect(times.longestTimeoutMs).toBeLessThan(functionMs);
        expect(functionMs).toBeLessThan(times.leaseMs);
        expect(times.leaseMs).toBeLessThan(visibilityMs);
      }),
    );
  });

  test.each([
    [61, { functionTimeoutSeconds: 76, visibilitySeconds: 106, longestTimeoutMs: 61_000 }],
    [885, { functionTimeoutSeconds: 900, visibilitySeconds: 930, longestTimeoutMs: 885_000 }],
  ])('a type of %d s makes a queue long: a lease of 30 s, renewed', (timeoutSeconds, times) => {
    const contracts = [type(), type({ type: 'b', timeoutSeconds })];
    expect(queueTimes('default', contracts)).toEqual({ long: true, leaseMs: 30_000, ...times });
  });

  test('a type that Lambda would cut off is refused with what to do', () => {
    expect([maxShortTimeoutSeconds, maxTimeoutSeconds]).toEqual([60, 885]);
    expect(() => queueTimes('default', [type({ timeoutSeconds: 886 })])).toThrow(
      'type "echo" has timeoutSeconds 886; at most 885, because Lambda ends a function after 900 s and 15 s are kept for the settle. Split the job',
    );
  });

  test('a queue without a type is refused', () => {
    expect(() => queueTimes('idle', [type()])).toThrow(
      'queue "idle" has no job type; declare one in jobs/ or remove the queue',
    );
  });
});

describe('what is wrong with a declaration', () => {
  const faults = (types: Partial<JobContract>[], queues: Partial<QueueContract>[] = [{}]) =>
    contractFaults(
      queues.map((each) => ({ ...queue, ...each })),
      types.map(type),
    );

  test('nothing', () => {
    expect(faults([{}])).toEqual([]);
    expect(
      faults([{ timeoutSeconds: 60, retry: { maxAttempts: 100 } }], [{ memoryMb: 128, batchConcurrency: 1 }]),
    ).toEqual([]);
    expect(faults([{ timeoutSeconds: 1, retry: { maxAttempts: 1 } }], [{ memoryMb: 10_240 }])).toEqual([]);
  });

  test.each<[string, Partial<JobContract>, string]>([
    ['a name', { type: 'Echo' }, 'type "Echo" must match ^[a-z0-9._-]{1,64}$'],
    ['no name', { type: '' }, 'type "" must match ^[a-z0-9._-]{1,64}$'],
    ['no time', { timeoutSeconds: 0 }, 'type "echo" has timeoutSeconds 0; a whole number from 1'],
    ['half a second', { timeoutSeconds: 1.5 }, 'type "echo" has timeoutSeconds 1.5; a whole number from 1'],
    [
      'no attempt',
      { retry: { maxAttempts: 0 } },
      'type "echo" has maxAttempts 0; a whole number from 1 to 100',
    ],
    [
      'too many',
      { retry: { maxAttempts: 101 } },
      'type "echo" has maxAttempts 101; a whole number from 1 to 100',
    ],
    [
      'half an attempt',
      { retry: { maxAttempts: 2.5 } },
      'type "echo" has maxAttempts 2.5; a whole number from 1 to 100',
    ],
  ])('of a type: %s', (_, more, sentence) => {
    expect(faults([more])).toEqual([sentence]);
  });

  test.each<[string, Partial<QueueContract>, string]>([
    ['no memory', { memoryMb: 127 }, 'queue "default" has memoryMb 127; 128 to 10240'],
    ['too much', { memoryMb: 10_241 }, 'queue "default" has memoryMb 10241; 128 to 10240'],
    [
      'none at once',
      { batchConcurrency: 0 },
      'queue "default" has batchConcurrency 0; a whole number from 1 to 10, one SQS receive',
    ],
    [
      'eleven at once',
      { batchConcurrency: 11 },
      'queue "default" has batchConcurrency 11; a whole number from 1 to 10, one SQS receive',
    ],
  ])('of a queue: %s', (_, more, sentence) => {
    expect(faults([{}], [more])).toEqual([sentence]);
  });

  test('a type twice', () => {
    expect(faults([{}, {}])).toEqual(['type "echo" is declared twice']);
  });

  test('a type of a queue that is not there', () => {
    expect(faults([{}, { type: 'b', queue: 'other' }])).toEqual([
      'type "b" names queue "other", which is not declared in jobs/queues.ts',
    ]);
  });

  test('a queue’s name, which then has no type either', () => {
    expect(faults([{}], [{}, { name: 'My Queue' }])).toEqual([
      'queue "My Queue" must match ^[a-z0-9._-]{1,64}$',
      'queue "My Queue" has no job type; declare one in jobs/ or remove the queue',
    ]);
  });

  test('a long type among jobs that run together', () => {
    expect(faults([{ timeoutSeconds: 61 }])).toEqual([
      'type "echo" has timeoutSeconds 61, more than 60, which makes queue "default" a long one, whose lease is renewed for one job at a time; but it has batchConcurrency 10. Put the type into a queue of its own with batchConcurrency 1, or lower its timeout',
    ]);
    expect(faults([{ timeoutSeconds: 61 }, { type: 'b' }], [{ batchConcurrency: 1 }])).toEqual([]);
  });

  test('a type too long for Lambda, told once', () => {
    expect(faults([{ timeoutSeconds: 886 }], [{ batchConcurrency: 1 }])).toEqual([
      'type "echo" has timeoutSeconds 886; at most 885, because Lambda ends a function after 900 s and 15 s are kept for the settle. Split the job',
    ]);
  });
});
