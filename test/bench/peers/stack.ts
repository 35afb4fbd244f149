import { AuthorizationType, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, EventSourceMapping, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { queueTimes } from '../../../core/lane.ts';
import { stages } from '../../../infra/stages.ts';
import { contracts } from '../../../jobs/contracts.ts';
import { queues } from '../../../jobs/queues.ts';
import { mapDefinition } from '../step-map/machine.ts';

export type PeerName = 'naive' | 'powertools';
export type Bundles = Record<PeerName, { enqueue: string; work: string }>;

/** The two other wirings and the Map, with the memory, times, batch size and concurrency of TaskQ's lane `normal`. */
export class PeersStack extends Stack {
  constructor(scope: App, id: string, bundles: Bundles, mapWork: string) {
    super(scope, id);
    const api = new RestApi(this, 'api', {
      cloudWatchRole: false,
      defaultMethodOptions: { authorizationType: AuthorizationType.IAM },
      deployOptions: { stageName: 'live' },
    });
    api.node.tryRemoveChild('Endpoint');
    new CfnOutput(this, 'ApiId', { value: api.restApiId });
    const key = new Key(this, 'key', { removalPolicy: RemovalPolicy.DESTROY });
    for (const name of ['naive', 'powertools'] as const) new Peer(this, name, { api, key, bundles });
    new StepMap(this, 'map', mapWork);
  }
}

class Peer extends Construct {
  constructor(
    scope: Construct,
    name: PeerName,
    { api, key, bundles }: { api: RestApi; key: Key; bundles: Bundles },
  ) {
    super(scope, name);
    const { contract, times } = compared();
    const table = new TableV2(this, 'table', {
      tableName: `bench-${name}`,
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const queue = new Queue(this, 'queue', { visibilityTimeout: Duration.seconds(times.visibilitySeconds) });
    const lambda = (step: 'enqueue' | 'work', timeoutSeconds: number): Lambda =>
      new Lambda(this, step, {
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        code: Code.fromAsset(bundles[name][step]),
        handler: 'index.handler',
        memorySize: contract.memoryMb,
        timeout: Duration.seconds(timeoutSeconds),
        logGroup: new LogGroup(this, `${step}-log`, { removalPolicy: RemovalPolicy.DESTROY }),
        environment: { TABLE: table.tableName, QUEUE_URL: queue.queueUrl, KEY: key.keyArn },
      });
    const enqueue = lambda('enqueue', 29);
    const work = lambda('work', times.functionTimeoutSeconds);
    for (const each of [enqueue, work]) {
      table.grantReadWriteData(each);
      key.grantEncryptDecrypt(each);
    }
    queue.grantSendMessages(enqueue);
    queue.grantConsumeMessages(work);
    consume(this, queue, work);
    api.root
      .addResource(name)
      .addMethod('POST', new LambdaIntegration(enqueue, { scopePermissionToMethod: false }));
  }
}

/** The machines of `step-map/machine.ts`, with the one queue and worker of their nodes. */
class StepMap extends Construct {
  constructor(scope: Construct, name: string, bundle: string) {
    super(scope, name);
    const { contract, times } = compared();
    const queue = new Queue(this, 'queue', { visibilityTimeout: Duration.seconds(times.visibilitySeconds) });
    const work = new Lambda(this, 'work', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundle),
      handler: 'index.handler',
      memorySize: contract.memoryMb,
      timeout: Duration.seconds(times.functionTimeoutSeconds),
      logGroup: new LogGroup(this, 'work-log', { removalPolicy: RemovalPolicy.DESTROY }),
    });
    queue.grantConsumeMessages(work);
    consume(this, queue, work);
    for (const kind of ['chain', 'fan'] as const) {
      const definition = JSON.stringify(mapDefinition(kind, queue.queueUrl));
      const machine = new StateMachine(this, kind, { definitionBody: DefinitionBody.fromString(definition) });
      queue.grantSendMessages(machine);
      machine.grantTaskResponse(work);
    }
  }
}

function compared() {
  const [contract] = queues;
  if (contract === undefined) throw new Error('jobs/queues.ts declares no queue to compare with');
  return { contract, times: queueTimes(contract.name, contracts) };
}

function consume(scope: Construct, queue: Queue, target: Lambda): void {
  new EventSourceMapping(scope, 'mapping', {
    target,
    eventSourceArn: queue.queueArn,
    batchSize: compared().contract.batchConcurrency,
    maxConcurrency: stages.local.laneConcurrency.normal,
    reportBatchItemFailures: true,
  });
}
