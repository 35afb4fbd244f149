import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type App, CfnOutput, Stack } from 'aws-cdk-lib/core';
import { type AlarmDefinition, alarms, type Severity } from './alarms.ts';
import { dashboard } from './dashboard.ts';
import type { DataStack } from './data-stack.ts';
import type { QueueStack } from './queue-stack.ts';
import type { Platform } from './stacks.ts';

export interface WatchStackProps {
  platform: Platform;
  data: DataStack;
  queue: QueueStack;
}

/**
 * Alarms and the dashboard, apart so that changing them cannot touch a queue.
 *
 * It imports names that the queue stack exports, and CloudFormation removes no export that is in use: when
 * a queue is to go, this stack is deployed first, by itself (`cdk deploy <name>-watch --exclusively`).
 */
export class WatchStack extends Stack {
  constructor(scope: App, id: string, { platform, data, queue }: WatchStackProps) {
    super(scope, id, { description: 'TaskQ: alarms and dashboard' });
    const { name } = platform;
    // Bare: with the key, CloudWatch would need Decrypt on the key of the tenants, and a policy of its own would
    // replace the default one that lets alarms publish. An alarm says nothing of a job.
    const topics: Record<Severity, Topic> = {
      page: new Topic(this, 'page'),
      ticket: new Topic(this, 'ticket'),
    };
    for (const each of alarms(platform.stage.alarms, { data, queue, name })) {
      this.alarm(name, each).addAlarmAction(new SnsAction(topics[each.severity]));
    }
    dashboard(this, queue, name);
    new CfnOutput(this, 'PageTopicArn', { value: topics.page.topicArn });
    new CfnOutput(this, 'TicketTopicArn', { value: topics.ticket.topicArn });
  }

  private alarm(name: string, definition: AlarmDefinition): Alarm {
    const { kind, subject, severity, description, metric, threshold, below, periods = 1 } = definition;
    const id = subject === undefined ? kind : `${kind}-${subject}`;
    return new Alarm(this, id, {
      // Named, because a person is woken by it: TaskQ, what, where.
      alarmName: `${name}-${id}`,
      alarmDescription: `[${severity}] ${description} docs/runbook.md#${kind}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
  }
}
