import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  EventSourceMapping,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { FunctionName, Wire } from '../core/wiring.ts';
import { type Binding, batchCallsByName, consumes } from './bindings.ts';
import type { Platform } from './stacks.ts';

export interface TaskqFunctionProps<F extends FunctionName> {
  platform: Platform;
  /** Sets a function apart that exists once per queue. */
  queue?: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** One binding for each wire of `core/wiring.ts`, no more and no less; made with its own log group where it searches that. */
  bindings: Bindings<F> | ((logGroup: ILogGroup) => Bindings<F>);
  /** The SQS queues whose messages it is given. */
  sources?: readonly Source[];
}

type Bindings<F extends FunctionName> = Record<Wire<F>, Binding>;

export interface Source {
  id: string;
  queue: IQueue;
  batchSize: number;
  maxConcurrency: number;
}

/** One Lambda function of `functions/<name>/`: its bundle, its environment, its role, its log, its sources. */
export class TaskqFunction<F extends FunctionName> extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, name: F, props: TaskqFunctionProps<F>) {
    super(scope, props.queue === undefined ? name : `${name}-${props.queue}`);
    const { platform, sources = [] } = props;
    const logGroup = new LogGroup(this, 'log', {
      retention: platform.stage.logRetentionDays,
      encryptionKey: platform.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logGroup = logGroup;
    const bindings: Record<string, Binding> =
      typeof props.bindings === 'function' ? props.bindings(logGroup) : props.bindings;
    const work = [
      ...Object.values(bindings).flatMap((each) => each.allows),
      ...sources.map(({ queue }) => consumes(queue)),
    ];
    this.role = new Role(this, 'role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        taskq: new PolicyDocument({
          statements: [
            ...work,
            ...(platform.stage.allowBatchCallsByName ? batchCallsByName(work) : []),
            logs(logGroup),
            ...(platform.stage.tracing ? [traces()] : []),
          ],
        }),
      },
    });
    this.lambda = new LambdaFunction(this, 'function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(platform.bundles[name].directory),
      handler: 'index.handler',
      // The library would add permissions of its own, such as logs on every group.
      role: this.role.withoutPolicyUpdates(),
      logGroup,
      // Lambda's JSON format would wrap the functions' own JSON lines, metrics (EMF) among them.
      loggingFormat: LoggingFormat.TEXT,
      environment: {
        ...Object.fromEntries(Object.entries(bindings).map(([wire, { value }]) => [wire, value])),
        TASKQ: platform.name,
      },
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memoryMb,
      reservedConcurrentExecutions: platform.stage.reservedConcurrency[name],
      tracing: platform.stage.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // A retry is a new message from the function that reads the queue; Lambda would stop that chain at 16.
      ...('LANES' in bindings ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
    });
    for (const { id, queue, batchSize, maxConcurrency } of sources) {
      new EventSourceMapping(this, id, {
        target: this.lambda,
        eventSourceArn: queue.queueArn,
        batchSize,
        maxConcurrency,
        reportBatchItemFailures: true,
      });
    }
  }
}

function logs(group: LogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [group.logGroupArn],
  });
}

/** X-Ray knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html */
function traces(): PolicyStatement {
  return new PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resources: ['*'],
  });
}
