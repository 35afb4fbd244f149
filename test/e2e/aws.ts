/** What lies behind the API, for tests that put a fault there or look at what is stored. */
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  InvokeCommand,
  LambdaClient,
  paginateListEventSourceMappings,
  paginateListFunctions,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { paginateGetExecutionHistory, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { encodePointer } from '../../core/pointer.ts';
import { recordOf } from '../../core/row.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import { type LaneUrls, readLanes } from '../../functions/lanes.ts';
import type { LocalAws } from '../../local/state.ts';

export type Aws = Awaited<ReturnType<typeof makeAws>>;

export async function makeAws({ endpoint, region, credentials, stacks }: LocalAws) {
  const config = { endpoint, region, credentials };
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const lambda = new LambdaClient(config);
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const logs = new CloudWatchLogsClient(config);
  const sfn = new SFNClient(config);
  const {
    JobsTableName: jobs,
    ControlTableName: control,
    KeysTableName: keys,
    DataBucketName: bucket,
  } = stacks['taskq-data'] ?? {};

  const functions = new Map<string, Record<string, string>>();
  const logGroups = new Map<string, string>();
  for await (const { Functions = [] } of paginateListFunctions({ client: lambda }, {}))
    for (const { FunctionName = '', Environment, LoggingConfig } of Functions) {
      functions.set(FunctionName, Environment?.Variables ?? {});
      logGroups.set(FunctionName, LoggingConfig?.LogGroup ?? '');
    }

  /** The name of a function: `enqueue`, `work-webhooks`, … */
  const functionNamed = (name: string): string => {
    const found = [...functions.keys()].find((each) =>
      each.startsWith(`taskq-queue-${name.replaceAll('-', '')}function`),
    );
    if (found === undefined) throw new Error(`no function ${name} among ${[...functions.keys()].join(', ')}`);
    return found;
  };
  const urlsOf = (name: string): LaneUrls => readLanes(functions.get(functionNamed(name))?.LANES as string);
  const lanes = urlsOf('enqueue');
  const dead = urlsOf('bury');

  /** The URL of a lane, or of a queue's dead letters. */
  const laneUrl = (queue: string, lane: string): string => {
    const url = lane === 'dead' ? dead[queue]?.dead : lanes[queue]?.[lane];
    if (url === undefined) throw new Error(`queue ${queue} has no lane ${lane}`);
    return url;
  };

  return {
    sqs,
    functionNamed,
    laneUrl,
    lanes,
    tables: { jobs, control, keys },

    async record(tenant: string, id: string): Promise<JobRecord | undefined> {
      const { Item } = await dynamo.send(
        new GetCommand({ TableName: jobs, Key: jobKey(tenant, id), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : recordOf(Item);
    },
    async setOnRecord(tenant: string, id: string, fields: Partial<JobRecord>): Promise<void> {
      const entries = Object.entries(fields);
      await dynamo.send(
        new UpdateCommand({
          TableName: jobs,
          Key: jobKey(tenant, id),
          UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
          ExpressionAttributeValues: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
        }),
      );
    },
    async items(table: string | undefined): Promise<Record<string, unknown>[]> {
      const all: Record<string, unknown>[] = [];
      for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName: table }))
        all.push(...Items);
      return all;
    },
    async indexes(table: string | undefined): Promise<string[]> {
      const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }));
      return (Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '' }) => IndexName);
    },
    /** Every object below a prefix of the data bucket: key → bytes. */
    async objects(prefix: string): Promise<Map<string, Buffer>> {
      const all = new Map<string, Buffer>();
      const pages = paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix });
      for await (const { Contents = [] } of pages) {
        for (const { Key } of Contents) {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
          all.set(Key ?? '', Buffer.from((await Body?.transformToByteArray()) ?? []));
        }
      }
      return all;
    },
    async putObject(key: string, body: string): Promise<void> {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    },
    /** Every line of every function's log. */
    async logLines(): Promise<string[]> {
      const lines: string[] = [];
      for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {}))
        for (const { logGroupName } of logGroups)
          for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName }))
            lines.push(...events.map(({ message = '' }) => message));
      return lines;
    },
    /** The line of each invocation of a function since then, ms since the epoch: what it did, its calls, its units. */
    async invocations(name: string, since: number): Promise<Record<string, unknown>[]> {
      const lines: Record<string, unknown>[] = [];
      const logGroupName = logGroups.get(functionNamed(name));
      const asked = { logGroupName, startTime: since, filterPattern: '"write_units"' };
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, asked))
        lines.push(...events.map(({ message = '' }) => JSON.parse(message)));
      return lines;
    },
    /** State transitions of a workflow's first execution: states that it entered. */
    async transitions(workflow: string): Promise<number> {
      const machine = functions.get(functionNamed('workflows'))?.STATE_MACHINE ?? '';
      const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${workflow}`;
      let entered = 0;
      for await (const { events = [] } of paginateGetExecutionHistory({ client: sfn }, { executionArn }))
        entered += events.filter(({ type }) => type?.endsWith('StateEntered')).length;
      return entered;
    },
    async sendMessage(queueUrl: string, body: string): Promise<string> {
      const { MessageId = '' } = await sqs.send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }),
      );
      return MessageId;
    },
    /** Sends a job's pointer. */
    async sendPointer(queueUrl: string, tenant: string, jobId: string): Promise<void> {
      await this.sendMessage(queueUrl, encodePointer({ tenant, jobId }));
    },
    /** Messages of a queue: to be received now, later, or being worked on. */
    async depth(queueUrl: string): Promise<{ visible: number; delayed: number; hidden: number }> {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      );
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
        hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async invoke(name: string, event: object = {}): Promise<void> {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: functionNamed(name), Payload: JSON.stringify(event) }),
      );
      if (FunctionError !== undefined) throw new Error(`${name}: ${Payload?.transformToString()}`);
    },
    /** Lets the worker of a queue receive from a lane, or not. */
    async feed(queue: string, lane: string, enabled: boolean): Promise<void> {
      const name = laneUrl(queue, lane).split('/').at(-1);
      const input = { FunctionName: functionNamed(`work-${queue}`) };
      for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings(
        { client: lambda },
        input,
      ))
        for (const { UUID, EventSourceArn } of EventSourceMappings)
          if (EventSourceArn?.split(':').at(-1) === name)
            await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: enabled }));
    },
  };
}
