import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { type MetricName, type MetricOrigin, metricNamespace, metrics } from '../core/telemetry.ts';
import type { FunctionName } from '../core/wiring.ts';
import type { QueueStack } from './queue-stack.ts';

/** The one list of what is measured; alarms and dashboard take from it. */
const period = Duration.minutes(5);

/** Metrics that the functions of one TaskQ write: counts add up, of anything else the worst counts. */
export function metricsOf(taskq: string) {
  return (metric: MetricName, source: FunctionName): Metric => {
    const { name, unit } = metrics[metric];
    const dimensionsMap: MetricOrigin = { TaskQ: taskq, Source: source };
    return new Metric({
      namespace: metricNamespace,
      metricName: name,
      dimensionsMap: { ...dimensionsMap },
      statistic: unit === 'Count' ? Stats.SUM : Stats.MAXIMUM,
      period,
    });
  };
}

export function oldestMessage(queue: Queue): IMetric {
  return queue.metricApproximateAgeOfOldestMessage({ period, statistic: Stats.MAXIMUM });
}

export function waiting(queue: Queue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM });
}

export function functionMetric(
  { functions }: QueueStack,
  id: string,
  metric: 'Errors' | 'Throttles' | 'Invocations' | 'Duration',
  statistic: string = Stats.SUM,
): IMetric {
  const found = functions[id];
  if (found === undefined)
    throw new Error(`the queue stack has no function "${id}"; it has ${Object.keys(functions)}`);
  return found.metric(metric, { period, statistic });
}

export function tableThrottles(
  table: TableV2,
  metric: 'ReadThrottleEvents' | 'WriteThrottleEvents',
  index?: string,
): IMetric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName: metric,
    dimensionsMap: {
      TableName: table.tableName,
      ...(index === undefined ? {} : { GlobalSecondaryIndexName: index }),
    },
    statistic: Stats.SUM,
    period,
  });
}

export function apiFailures({ api }: QueueStack): IMetric {
  return api.deploymentStage.metricServerError({ period, statistic: Stats.SUM });
}

export function apiRequests({ api }: QueueStack): IMetric {
  return api.deploymentStage.metricCount({ period, statistic: Stats.SUM });
}
