import { describe, expect, test } from 'vitest';
import { embeddedMetrics, metricDimensions, metricNamespace, metrics } from '../../core/telemetry.ts';
import { now } from './a-job.ts';

const origin = { TaskQ: 'billing', Source: 'work' };

describe('the embedded metric format', () => {
  test('as CloudWatch reads it', () => {
    expect(embeddedMetrics({ completed: 9, retried: 1, failed: 0 }, origin, now)).toEqual({
      _aws: {
        Timestamp: 1_800_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'TaskQ',
            Dimensions: [['TaskQ', 'Source']],
            Metrics: [
              { Name: 'JobsCompleted', Unit: 'Count' },
              { Name: 'JobsRetried', Unit: 'Count' },
            ],
          },
        ],
      },
      TaskQ: 'billing',
      Source: 'work',
      JobsCompleted: 9,
      JobsRetried: 1,
    });
  });

  test.each([{}, { completed: 0 }, { completed: undefined }])(
    'nothing counted, nothing written: %j',
    (counts) => {
      expect(embeddedMetrics(counts, origin, now)).toEqual({});
    },
  );

  test('every metric it names has its value beside it, and the dimension too', () => {
    const counts = Object.fromEntries(Object.keys(metrics).map((each) => [each, 2]));
    const line = embeddedMetrics(counts, origin, now) as Record<string, unknown> & {
      _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] };
    };
    const names = line._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
    expect(names).toHaveLength(Object.keys(metrics).length);
    for (const name of names) expect(line[name]).toBe(2);
  });
});

test('what is counted, by the names that dashboards and alarms know', () => {
  expect(Object.fromEntries(Object.entries(metrics).map(([count, { name }]) => [count, name]))).toEqual({
    accepted: 'JobsAccepted',
    completed: 'JobsCompleted',
    failed: 'JobsFailed',
    retried: 'JobsRetried',
    buried: 'JobsBuried',
    undecided: 'DeadLettersUndecided',
    leasesLost: 'LeasesLost',
    timedOut: 'JobsTimedOut',
    outOfMemory: 'OutOfMemory',
    renewalsFailed: 'RenewalsFailed',
    unreadable: 'UnreadableMessages',
    tombstones: 'Tombstones',
    released: 'JobsReleased',
    resent: 'JobsResent',
    aged: 'JobsAged',
    foundLost: 'JobsFoundLost',
    quarantined: 'JobsQuarantined',
    watched: 'JobsWatched',
    unfinished: 'PartitionsUnfinished',
    walkBehind: 'WalkBehindSeconds',
    advances: 'WorkflowAdvances',
    nodesRead: 'WorkflowNodesRead',
    workflowsStuck: 'WorkflowsStuck',
    workflowsRevived: 'WorkflowsRevived',
    refused: 'RequestsRefused',
  });
  const counted = Object.values(metrics).filter(({ unit }) => unit === 'Count');
  expect([counted.length, metrics.walkBehind.unit]).toEqual([24, 'Seconds']);
});

test('names are one of a kind, and never a dimension’s', () => {
  const names = Object.values(metrics).map(({ name }) => name);
  expect(new Set([...names, ...metricDimensions, '_aws']).size).toBe(28);
  expect(metricNamespace).toBe('TaskQ');
});
