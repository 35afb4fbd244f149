import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { LocalAws } from '../../local/state.ts';

/** The bench's own clients: what it asks is not counted. */
export function awsClients({ endpoint, region, credentials }: LocalAws) {
  const options = { endpoint, region, credentials };
  return {
    cloudFormation: new CloudFormationClient(options),
    logs: new CloudWatchLogsClient(options),
    dynamo: new DynamoDBClient(options),
    sfn: new SFNClient(options),
    sqs: new SQSClient(options),
  };
}

export type AwsClients = ReturnType<typeof awsClients>;

/** Physical ids of a stack's resources by type and by the beginning of their logical id. Throws when there is none. */
export async function stackResources(
  { cloudFormation }: AwsClients,
  stack: string,
): Promise<(type: string, logicalStart: string) => string> {
  const { StackResources = [] } = await cloudFormation.send(
    new DescribeStackResourcesCommand({ StackName: stack }),
  );
  return (type, logicalStart) => {
    const found = StackResources.find(
      (each) => each.ResourceType === type && each.LogicalResourceId?.startsWith(logicalStart),
    )?.PhysicalResourceId;
    if (found === undefined) throw new Error(`stack "${stack}" has no ${type} named ${logicalStart}…`);
    return found;
  };
}
