import { AuthorizationType, LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, EventSourceMapping, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { queueTimes } from '../../../core/lane.ts';
import { stages } from '../../../infra/stages.ts';
import { contracts } from '../../../jobs/contracts.ts';
import { queues } from '../../../jobs/queues.ts';

export type PeerName = 'naive' | 'powertools';
export type Bundles = Record<PeerName, { enqueue: string; work: string }>;

/** The two other wirings, with the memory, times, batch size and concurrency of TaskQ's lane `normal`. */
export class PeersStack extends Stack {
  constructor(scope: App, id: string, bundles: Bundles) {
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
  }
}

class Peer extends Construct {
  constructor(
    scope: Construct,
    name: PeerName,
    { api, key, bundles }: { api: RestApi; key: Key; bundles: Bundles },
  ) {
    super(scope, name);
    const [contract] = queues;
    if (contract === undefined) throw new Error('jobs/queues.ts declares no queue to compare with');
    const times = queueTimes(contract.name, contracts);
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
    new EventSourceMapping(this, 'mapping', {
      target: work,
      eventSourceArn: queue.queueArn,
      batchSize: contract.batchConcurrency,
      maxConcurrency: stages.local.laneConcurrency.normal,
      reportBatchItemFailures: true,
    });
    api.root
      .addResource(name)
      .addMethod('POST', new LambdaIntegration(enqueue, { scopePermissionToMethod: false }));
  }
}
