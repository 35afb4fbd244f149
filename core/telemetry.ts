/** Metric names, units and dimensions: emitted by functions, alarmed and drawn by infra, from here alone. */
export const metricNamespace = 'TaskQ';

export const metrics = {
  accepted: { name: 'JobsAccepted', unit: 'Count' },
  completed: { name: 'JobsCompleted', unit: 'Count' },
  failed: { name: 'JobsFailed', unit: 'Count' },
  retried: { name: 'JobsRetried', unit: 'Count' },
  buried: { name: 'JobsBuried', unit: 'Count' },
  undecided: { name: 'DeadLettersUndecided', unit: 'Count' },
  leasesLost: { name: 'LeasesLost', unit: 'Count' },
  timedOut: { name: 'JobsTimedOut', unit: 'Count' },
  outOfMemory: { name: 'OutOfMemory', unit: 'Count' },
  renewalsFailed: { name: 'RenewalsFailed', unit: 'Count' },
  unreadable: { name: 'UnreadableMessages', unit: 'Count' },
  tombstones: { name: 'Tombstones', unit: 'Count' },
  released: { name: 'JobsReleased', unit: 'Count' },
  resent: { name: 'JobsResent', unit: 'Count' },
  aged: { name: 'JobsAged', unit: 'Count' },
  foundLost: { name: 'JobsFoundLost', unit: 'Count' },
  quarantined: { name: 'JobsQuarantined', unit: 'Count' },
  watched: { name: 'JobsWatched', unit: 'Count' },
  unfinished: { name: 'PartitionsUnfinished', unit: 'Count' },
  walkBehind: { name: 'WalkBehindSeconds', unit: 'Seconds' },
  advances: { name: 'WorkflowAdvances', unit: 'Count' },
  nodesRead: { name: 'WorkflowNodesRead', unit: 'Count' },
  workflowsStuck: { name: 'WorkflowsStuck', unit: 'Count' },
  workflowsRevived: { name: 'WorkflowsRevived', unit: 'Count' },
  refused: { name: 'RequestsRefused', unit: 'Count' },
} as const;

export type MetricName = keyof typeof metrics;
export type Counts = Partial<Record<MetricName, number>>;

/** What tells metrics of one name apart: the TaskQ (`-c name=`), of which an account may have several, and its function. */
export const metricDimensions = ['TaskQ', 'Source'] as const;
export type MetricOrigin = Record<(typeof metricDimensions)[number], string>;

/**
 * CloudWatch's embedded metric format: a log line with this member becomes metrics, no call made.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(counts: Counts, origin: MetricOrigin, now: number): Record<string, unknown> {
  const present = (Object.keys(counts) as MetricName[]).filter((each) => (counts[each] ?? 0) > 0);
  if (present.length === 0) return {};
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: metricNamespace,
          Dimensions: [metricDimensions],
          Metrics: present.map((each) => ({ Name: metrics[each].name, Unit: metrics[each].unit })),
        },
      ],
    },
    ...origin,
    ...Object.fromEntries(present.map((each) => [metrics[each].name, counts[each]])),
  };
}
