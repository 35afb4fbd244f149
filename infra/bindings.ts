import type { ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { controlTable, dedupeKey, sealedKey } from '../core/table.ts';
import type { LaneNames } from '../core/wiring.ts';

/**
 * A binding is the value of one wire together with the permissions that make it usable. The library's
 * `grant…` methods are not used: `grantReadWriteData` hands out Scan and DeleteItem as well.
 */
export interface Binding {
  value: string;
  allows: PolicyStatement[];
}

/** The calls a function may make on a table. Scan and DeleteItem are not among them. */
type TableCall =
  | 'PartiQLInsert'
  | 'PartiQLUpdate'
  | 'PutItem'
  | 'UpdateItem'
  | 'GetItem'
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'Query';

/** A table's name, and the calls allowed on its items; `indexes` may be queried. */
export function table(of: ITableV2, calls: readonly TableCall[], indexes: readonly string[] = []): Binding {
  const allows = [allow('dynamodb', calls, [of.tableArn])];
  const arns = indexes.map((each) => `${of.tableArn}/index/${each}`);
  if (arns.length > 0) allows.push(allow('dynamodb', ['Query'], arns));
  return { value: of.tableName, allows };
}

/**
 * Calls on the jobs' own partitions of sealed values, so on what `once` stores too, and on no record: a batch of
 * writes could delete those.
 */
export function alsoWritesSealed(of: ITableV2, calls: readonly TableCall[], binding: Binding): Binding {
  const writes = calls.map((each) => below(of, each, [sealedKey('*', '').pk]));
  return { ...binding, allows: [...binding.allows, ...writes] };
}

/** To hold and to find idempotency keys, and no record by the same calls. */
export function alsoHoldsKeys(of: ITableV2, binding: Binding): Binding {
  const holds = below(of, ['GetItem', 'PutItem'], [dedupeKey('*', '*').pk]);
  return { ...binding, allows: [...binding.allows, holds] };
}

/** The control table's name, and leave to note tenants there, nothing else. */
export function registersTenants(of: ITableV2): Binding {
  return { value: of.tableName, allows: [below(of, 'PutItem', [controlTable.tenants])] };
}

/** The control table's name, and leave to read the tenants and the walk there, and to note how far that is. */
export function walksTenants(of: ITableV2): Binding {
  const { tenants, walk } = controlTable;
  return {
    value: of.tableName,
    allows: [below(of, 'Query', [tenants, walk]), below(of, 'PutItem', [walk])],
  };
}

/** Updates of workflows in the control table, of nothing else there, and what goes with telling them. */
export function updatesWorkflows(of: ITableV2, handsBack: PolicyStatement): Binding {
  return { value: of.tableName, allows: [below(of, 'UpdateItem', ['w#*']), handsBack] };
}

/** What `job.enqueue` needs besides: to see a workflow and its nodes, and to keep new ones, where an advance finds them. */
export function alsoAddsNodes(of: ITableV2, binding: Binding): Binding {
  const reads = [below(of, 'GetItem', ['w#*']), below(of, 'Query', ['wp#*', 'wa#*'])];
  return { ...binding, allows: [...binding.allows, ...reads, below(of, 'PutItem', ['wa#*'])] };
}

/** The control table's name, and the calls allowed there on all that workflows keep, and on nothing else. */
export function workflowsIn(of: ITableV2, calls: readonly TableCall[]): Binding {
  const keys = ['w#*', 'wp#*', 'wa#*', 'wk#*', 'watch#*'];
  return { value: of.tableName, allows: [below(of, calls, keys)] };
}

/** Calls on the items of partitions whose keys are like these. */
function below(of: ITableV2, calls: TableCall | readonly TableCall[], keys: string[]): PolicyStatement {
  const statement = allow('dynamodb', [calls].flat(), [of.tableArn]);
  statement.addCondition('ForAllValues:StringLike', { 'dynamodb:LeadingKeys': keys });
  return statement;
}

/** The data bucket's name, and the prefixes below which objects may be read and written. */
export function bucket(
  of: IBucket,
  prefixes: { read?: readonly string[]; write?: readonly string[] },
): Binding {
  const objects = (below: readonly string[]) => below.map((each) => of.arnForObjects(`${each}/*`));
  return {
    value: of.bucketName,
    allows: [
      ...(prefixes.read
        ? [allow('s3', ['GetObject'], objects(prefixes.read)), lists(of, prefixes.read)]
        : []),
      ...(prefixes.write ? [allow('s3', ['PutObject'], objects(prefixes.write))] : []),
    ],
  };
}

/** Who may list a prefix is told of an object that is not there; S3 answers everyone else AccessDenied, as for one that is. */
function lists(of: IBucket, prefixes: readonly string[]): PolicyStatement {
  const statement = allow('s3', ['ListBucket'], [of.bucketArn]);
  statement.addCondition('StringLike', { 's3:prefix': prefixes.map((each) => `${each}/*`) });
  return statement;
}

/** The key that wraps tenant keys. With `requireContext`, only what TaskQ itself has wrapped, or wraps for itself. */
export function masterKey(of: IKey, call: 'Decrypt' | 'GenerateDataKey', requireContext: boolean): Binding {
  const statement = allow('kms', [call], [of.keyArn]);
  if (requireContext) statement.addCondition('StringEquals', { 'kms:EncryptionContext:app': 'taskq' });
  return { value: of.keyArn, allows: [statement] };
}

/** The lanes' names as JSON (`LaneNames`), and leave to send to these, less those that are only to be known; to ask their depth where that is wanted. */
export function lanes(
  to: Record<string, Record<string, IQueue>>,
  { onlyKnown = [], depth = false }: { onlyKnown?: readonly string[]; depth?: boolean } = {},
): Binding {
  const all = Object.values(to).flatMap((each) => Object.entries(each));
  const [first] = all;
  if (first === undefined) throw new Error('a function was given no lanes; bind those it sends to');
  const sendable = all.filter(([lane]) => !onlyKnown.includes(lane)).map(([, queue]) => queue.queueArn);
  const names = mapValues(to, (each) => mapValues(each, (queue) => queue.queueName));
  const value: LaneNames = { url: first[1].queueUrl, names };
  return {
    value: Stack.of(first[1]).toJsonString(value),
    allows: [
      allow('sqs', ['SendMessage'], sendable),
      ...(depth ? [allow('sqs', ['GetQueueAttributes'], sendable)] : []),
    ],
  };
}

/** A function's name, and leave to invoke it. */
export function invokes(of: IFunction): Binding {
  return { value: of.functionName, allows: [allow('lambda', ['InvokeFunction'], [of.functionArn])] };
}

/** Queue → its worker's log group and time as JSON (`WorkerLogs`), and leave to search these groups. */
export function workerLogs(of: Record<string, { logGroup: ILogGroup; timeoutSeconds: number }>): Binding {
  const groups = Object.values(of).map(({ logGroup }) => logGroup);
  const [first] = groups;
  if (first === undefined) throw new Error('a function was given no log groups; bind those it searches');
  const value = mapValues(of, ({ logGroup, timeoutSeconds }) => ({
    group: logGroup.logGroupName,
    timeoutMs: timeoutSeconds * 1000,
  }));
  const arns = groups.map(({ logGroupArn }) => logGroupArn);
  return { value: Stack.of(first).toJsonString(value), allows: [allow('logs', ['FilterLogEvents'], arns)] };
}

/** A plain value that needs no permission. */
export function told(value: string): Binding {
  return { value, allows: [] };
}

/** What an event source needs of the function's role, and hiding a message for longer. */
export function consumes(queue: IQueue): PolicyStatement {
  const calls = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'];
  return allow('sqs', calls, [queue.queueArn]);
}

/** The names that an emulator gives to batch calls. `BatchExecuteStatement` it checks without a table, a task token without its machine. */
const batchCalls = [
  { single: 'sqs:SendMessage', batch: 'sqs:SendMessageBatch' },
  { single: 'sqs:ChangeMessageVisibility', batch: 'sqs:ChangeMessageVisibilityBatch' },
  { single: 'dynamodb:PartiQLUpdate', batch: 'dynamodb:BatchExecuteStatement', resources: ['*'] },
  { single: 'dynamodb:PartiQLInsert', batch: 'dynamodb:BatchExecuteStatement', resources: ['*'] },
  { single: 'states:SendTaskSuccess', batch: 'states:SendTaskSuccess', resources: ['*'] },
  { single: 'states:SendTaskFailure', batch: 'states:SendTaskFailure', resources: ['*'] },
];

/** What makes these statements reach as far on an emulator as they do on AWS (`allowBatchCallsByName`). */
export function batchCallsByName(statements: readonly PolicyStatement[]): PolicyStatement[] {
  return statements.flatMap((each) =>
    batchCalls
      .filter(({ single }) => each.actions.includes(single))
      .map(({ batch, resources = each.resources }) => new PolicyStatement({ actions: [batch], resources })),
  );
}

function allow(service: string, calls: readonly string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions: calls.map((each) => `${service}:${each}`), resources });
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
