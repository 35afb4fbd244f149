import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { type Lane, maxDelaySeconds, maxReceiveCount } from '../core/lane.ts';
import { jobsTable } from '../core/table.ts';
import type { DataStack } from './data-stack.ts';
import { apiFailures, functionMetric, metricsOf, oldestMessage, tableThrottles } from './metrics.ts';
import type { QueueStack } from './queue-stack.ts';
import type { Stage } from './stages.ts';

/**
 * `page`: jobs stand still or were given up; someone looks now. `ticket`: nothing is lost and the rest goes
 * on; someone looks within a working day.
 */
export type Severity = 'page' | 'ticket';

export interface AlarmDefinition {
  /** Its heading in docs/runbook.md, and the first part of the alarm's name. */
  kind: string;
  /** What it watches, where there are several of a kind. */
  subject?: string;
  severity: Severity;
  /** What is the case when it rings, as a sentence. */
  description: string;
  metric: IMetric;
  /** Rings above this, or where `below` is set, below it. */
  threshold: number;
  below?: true;
  /** Periods of 5 minutes in a row; 1 unless told. */
  periods?: number;
}

/** The functions that read pointers: each finds lost leases and what is no pointer, and counts under its own name. */
const readers = ['work', 'operate', 'bury'] as const;

/** Every alarm, as data. Plain metrics alone: emulators refuse metric math. */
export function alarms(
  thresholds: Stage['alarms'],
  { data, queue, name }: { data: DataStack; queue: QueueStack; name: string },
): AlarmDefinition[] {
  const taskqMetric = metricsOf(name);
  const functions = Object.keys(queue.functions);
  return [
    {
      kind: 'jobs-buried',
      severity: 'page',
      description: `Messages were received ${maxReceiveCount} times and gave up.`,
      metric: taskqMetric('buried', 'bury'),
      threshold: 0,
    },
    {
      // Not seen by their age: SQS leaves messages that were received three times out of that of a standard queue.
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      kind: 'dead-letters-undecided',
      severity: 'page',
      description: 'Dead letters come back again and again: they cannot be judged.',
      metric: taskqMetric('undecided', 'bury'),
      threshold: 0,
      periods: 3,
    },
    ...readers.flatMap((source): AlarmDefinition[] => [
      {
        kind: 'leases-lost',
        subject: source,
        severity: 'ticket',
        description: `A worker died or stood still: function ${source} found jobs whose lease is over.`,
        metric: taskqMetric('leasesLost', source),
        threshold: 0,
      },
      {
        kind: 'out-of-memory',
        subject: source,
        severity: 'ticket',
        description: `A worker ran out of memory, as function ${source} found.`,
        metric: taskqMetric('outOfMemory', source),
        threshold: 0,
      },
    ]),
    {
      kind: 'renewals-failed',
      severity: 'ticket',
      description: 'A lease of a long queue could not be renewed at once.',
      metric: taskqMetric('renewalsFailed', 'work'),
      threshold: 0,
    },
    ...queue.queues.flatMap((each): AlarmDefinition[] => [
      {
        kind: 'dead-letters-wait',
        subject: each.contract.name,
        severity: 'page',
        description: `Dead letters of queue ${each.contract.name} are not being judged.`,
        metric: oldestMessage(each.dead),
        threshold: thresholds.deadLetterSeconds,
      },
      ...(Object.entries(each.lanes) as [Lane, Queue][]).map(
        ([lane, queue]): AlarmDefinition => ({
          kind: 'lane-late',
          subject: `${each.contract.name}-${lane}`,
          severity: lane === 'critical' || lane === 'high' ? 'page' : 'ticket',
          description: `Jobs wait too long in lane ${lane} of queue ${each.contract.name}.`,
          metric: oldestMessage(queue),
          // A delayed message has an age too, and cannot be told from a late one.
          threshold: maxDelaySeconds + thresholds.laneLateSeconds[lane],
        }),
      ),
    ]),
    ...functions.map(
      (id): AlarmDefinition => ({
        kind: 'function-errors',
        subject: id,
        severity: 'page',
        description: `Function ${id} threw, ran out of time or memory, or could not start.`,
        metric: functionMetric(queue, id, 'Errors'),
        threshold: thresholds.functionErrors,
      }),
    ),
    ...functions.map(
      (id): AlarmDefinition => ({
        kind: 'function-throttles',
        subject: id,
        severity: 'ticket',
        description: `Function ${id} was not started for want of concurrency.`,
        metric: functionMetric(queue, id, 'Throttles'),
        threshold: thresholds.throttles,
        periods: 3,
      }),
    ),
    ...throttledTables(data).map(
      ([subject, metric]): AlarmDefinition => ({
        kind: 'table-throttles',
        subject,
        severity: 'ticket',
        description: `DynamoDB refuses calls: ${subject}.`,
        metric,
        threshold: thresholds.throttles,
        periods: 3,
      }),
    ),
    ...readers.map(
      (source): AlarmDefinition => ({
        kind: 'unreadable-messages',
        subject: source,
        severity: 'ticket',
        description: `Function ${source} met messages that are not TaskQ's and set them aside.`,
        metric: taskqMetric('unreadable', source),
        threshold: 0,
      }),
    ),
    {
      kind: 'api-errors',
      severity: 'page',
      description: 'The API answered 5xx.',
      metric: apiFailures(queue),
      threshold: thresholds.apiErrors,
    },
    {
      kind: 'jobs-found-lost',
      severity: 'ticket',
      description:
        'Jobs waited although nothing could be received from their lane: their pointers were lost.',
      metric: taskqMetric('foundLost', 'release'),
      threshold: 0,
    },
    {
      kind: 'workflows-stuck',
      severity: 'page',
      description: 'In a workflow nothing runs and nothing can start, and it is not over.',
      metric: taskqMetric('workflowsStuck', 'advance'),
      threshold: 0,
    },
    {
      kind: 'workflows-revived',
      severity: 'ticket',
      description: 'Executions of workflows were gone, and were started anew.',
      metric: taskqMetric('workflowsRevived', 'advance'),
      threshold: 0,
    },
    {
      kind: 'release-behind',
      subject: 'due',
      severity: 'ticket',
      description: 'More is due than release brings back in its time, or it meets errors.',
      metric: taskqMetric('unfinished', 'release'),
      threshold: 0,
      periods: 3,
    },
    {
      kind: 'release-behind',
      subject: 'walk',
      severity: 'ticket',
      description: 'The walk over all jobs is late: a lost pointer would be noticed late.',
      metric: taskqMetric('walkBehind', 'release'),
      threshold: thresholds.walkBehindSeconds,
    },
    {
      kind: 'release-silent',
      severity: 'page',
      description: 'The minute has stopped: nothing that is due, parked or lost is brought back.',
      metric: functionMetric(queue, 'release', 'Invocations'),
      threshold: 1,
      below: true,
      periods: 2,
    },
  ];
}

function throttledTables({ jobs, keys, control }: DataStack): [string, IMetric][] {
  const index = jobsTable.attentionIndex.name;
  return [
    ['jobs-writes', tableThrottles(jobs, 'WriteThrottleEvents')],
    ['jobs-reads', tableThrottles(jobs, 'ReadThrottleEvents')],
    [`${index}-writes`, tableThrottles(jobs, 'WriteThrottleEvents', index)],
    [`${index}-reads`, tableThrottles(jobs, 'ReadThrottleEvents', index)],
    ['keys-reads', tableThrottles(keys, 'ReadThrottleEvents')],
    ['control-writes', tableThrottles(control, 'WriteThrottleEvents')],
    ['control-reads', tableThrottles(control, 'ReadThrottleEvents')],
  ];
}
