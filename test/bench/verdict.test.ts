import { describe, expect, test } from 'vitest';
import type { Counted } from './count.ts';
import { type Figures, judge } from './verdict.ts';
import type { WorkflowFigures } from './workflows/measure.ts';

const aWorkflow = { transitionsPerNode: 1.03, advancesPerNode: 1.03, unitsAboveJob: 3 };

/** Figures that reach every target. */
function reached(): Figures {
  const counted = {
    requests: 0.4,
    writeUnits: 3,
    price: { total: 2.22 },
    priceOfLeavings: { storage: 0.47, keys: 0.12 },
    shared: [{ name: 'jobs a claim', carried: 10, could: 10 }],
  } as unknown as Counted;
  return {
    counted: { taskq: counted, naive: counted, powertools: counted },
    jobsPerMinute: { taskq: 14_000, naive: 6_000, powertools: 13_000 },
    own: { enqueueMs: 0.1, workerCpuMsPerJob: 0.1 },
    coldKb: { work: 350 },
    workflows: {
      taskq: { chain: aWorkflow, fan: { ...aWorkflow, advancesPerNode: 0.05 } },
    } as WorkflowFigures,
  };
}

function missed(change: (figures: Figures) => void): string[] {
  const figures = structuredClone(reached());
  change(figures);
  return judge(figures)
    .filter(({ ok }) => !ok)
    .map(({ target }) => target);
}

test('nothing is missed when all is reached', () => {
  expect(missed(() => {})).toEqual([]);
});

describe('each target is missed by itself', () => {
  const cases: [string, (figures: Figures) => void, string][] = [
    [
      'a fourth write',
      ({ counted }) => {
        counted.taskq.writeUnits = 3.1;
      },
      'write units a bulk job ≤ 3',
    ],
    [
      'a call that carries one',
      ({ counted }) => {
        counted.taskq.shared = [{ name: 'jobs a claim', carried: 1, could: 10 }];
      },
      'jobs a claim ≥ 5',
    ],
    [
      'storage above the price',
      ({ counted }) => {
        counted.taskq.priceOfLeavings = { storage: 1.3 };
      },
      'USD a million bulk jobs, with storage, logs, traces, keys ≤ 3.5',
    ],
    [
      'slower than Powertools',
      ({ jobsPerMinute }) => {
        jobsPerMinute.powertools = 14_100;
      },
      'times Powertools, jobs a minute ≥ 1',
    ],
    [
      'not twice naive',
      ({ jobsPerMinute }) => {
        jobsPerMinute.naive = 7_100;
      },
      'times the naive wiring, jobs a minute ≥ 2',
    ],
    [
      'a function that loads too much',
      ({ coldKb }) => {
        coldKb.work = 401;
      },
      'KB read at a cold start of work ≤ 400',
    ],
    [
      'a state between two advances',
      ({ workflows }) => {
        workflows.taskq.chain.transitionsPerNode = 2.3;
      },
      'state transitions an advance, chain ≤ 2.2',
    ],
    [
      'an advance for each end',
      ({ workflows }) => {
        workflows.taskq.fan.advancesPerNode = 1;
      },
      'advances a node of a fan-out ≤ 0.12',
    ],
    [
      'a fourth write an advance',
      ({ workflows }) => {
        workflows.taskq.chain.unitsAboveJob = 4.3;
      },
      'write units a node above its job, chain ≤ 4',
    ],
    [
      'a slow enqueue',
      ({ own }) => {
        own.enqueueMs = 0.34;
      },
      'own ms an enqueue ≤ 0.337',
    ],
  ];
  test.each(cases)('%s', (_, change, target) => {
    expect(missed(change)).toEqual([target]);
  });
});

test('times are told from counts', () => {
  const times = judge(reached()).filter(({ isTime }) => isTime);
  expect(times.map(({ target }) => target)).toEqual([
    'times the naive wiring, jobs a minute ≥ 2',
    'times Powertools, jobs a minute ≥ 1',
    'jobs a minute ≥ 10000',
    'own ms an enqueue ≤ 0.337',
    "worker's own CPU ms a job ≤ 0.2",
  ]);
});
