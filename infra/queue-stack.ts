import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as FunctionTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { type App, Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { JobContract, QueueContract } from '../core/define.ts';
import { operations, operationsQueue } from '../core/operations.ts';
import { jobsTable } from '../core/table.ts';
import { restApi } from './api.ts';
import {
  alsoAddsNodes,
  alsoHoldsKeys,
  alsoWritesSealed,
  type Binding,
  bucket,
  invokes,
  lanes,
  masterKey,
  registersTenants,
  table,
  told,
  walksTenants,
  workerLogs,
} from './bindings.ts';
import type { DataStack } from './data-stack.ts';
import { buryTimeoutSeconds, JobQueue, type LaneQueues } from './queue.ts';
import type { Platform } from './stacks.ts';
import { TaskqFunction } from './taskq-function.ts';
import { Workflows } from './workflows.ts';

export interface QueueStackProps {
  platform: Platform;
  data: DataStack;
  queues: readonly QueueContract[];
  contracts: readonly JobContract[];
}

/** Parts of operations on many jobs that run at the same time; each works for 40 s and then waits for its turn again. */
const operationsAtOnce = 5;

/** The way of a job: the API, the lanes, and the functions between them. */
export class QueueStack extends Stack {
  readonly queues: readonly JobQueue[];
  /** By construct id: `enqueue`, `work-<queue>`, … */
  readonly functions: Record<string, LambdaFunction>;
  readonly api: RestApi;

  constructor(scope: App, id: string, { platform, data, queues, contracts }: QueueStackProps) {
    super(scope, id, { description: 'TaskQ: API, lanes and functions' });
    const { stage, bundles } = platform;
    const { memoryMb } = stage;
    const declared = queues.map((each) => new JobQueue(this, each, { platform, contracts }));
    const own = new JobQueue(this, operationsQueue, {
      platform,
      contracts: operations,
      only: ['normal', 'quarantine'],
    });
    this.queues = [...declared, own];
    const allLanes = lanesOf(this.queues);
    const opens = masterKey(data.key, 'Decrypt', stage.requireEncryptionContext);
    const wrapped = table(data.keys, ['Query']);
    const takesIn = (jobs: Binding) =>
      alsoHoldsKeys(data.jobs, alsoWritesSealed(data.jobs, ['BatchWriteItem'], jobs));

    const keys = new TaskqFunction(this, 'keys', {
      platform,
      timeoutSeconds: 10,
      memoryMb: memoryMb.keys,
      bindings: {
        KEYS_TABLE: table(data.keys, ['PutItem']),
        CONTROL_TABLE: registersTenants(data.control),
        MASTER_KEY: masterKey(data.key, 'GenerateDataKey', stage.requireEncryptionContext),
      },
    });

    const workflows = new Workflows(this, 'machine', {
      platform,
      data,
      bindings: {
        LANES: lanes(lanesOf(declared)),
        KEYS_TABLE: wrapped,
        MASTER_KEY: opens,
        KEYS_FUNCTION: invokes(keys.lambda),
      },
    });

    const enqueue = new TaskqFunction(this, 'enqueue', {
      platform,
      // API Gateway gives up after 29 s.
      timeoutSeconds: 29,
      memoryMb: memoryMb.enqueue,
      bindings: {
        JOBS_TABLE: takesIn(table(data.jobs, ['PartiQLInsert', 'BatchGetItem'])),
        KEYS_TABLE: wrapped,
        DATA_BUCKET: bucket(data.bucket, { write: ['sealed'] }),
        // Not those of TaskQ's own queue: a request for many jobs comes through manage.
        LANES: lanes(lanesOf(declared)),
        MASTER_KEY: opens,
        KEYS_FUNCTION: invokes(keys.lambda),
      },
    });

    const manage = new TaskqFunction(this, 'manage', {
      platform,
      timeoutSeconds: 29,
      memoryMb: memoryMb.manage,
      bindings: {
        // It inserts the jobs that do what is asked of many, with their Idempotency-Keys.
        JOBS_TABLE: takesIn(
          table(
            data.jobs,
            ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem', 'Query'],
            [jobsTable.attentionIndex.name],
          ),
        ),
        CONTROL_TABLE: workflows.tells,
        KEYS_TABLE: wrapped,
        DATA_BUCKET: bucket(data.bucket, { read: ['sealed'], write: ['sealed'] }),
        LANES: lanes(allLanes),
        MASTER_KEY: opens,
        KEYS_FUNCTION: invokes(keys.lambda),
        CODE_VERSION: told(bundles.manage.version),
      },
    });

    const workers = declared.map((queue) => {
      const { name, memoryMb } = queue.contract;
      const timeoutSeconds = queue.times.functionTimeoutSeconds;
      return new TaskqFunction(this, 'work', {
        platform,
        queue: name,
        timeoutSeconds,
        memoryMb,
        sources: queue.sources(stage),
        bindings: (logGroup) => ({
          JOBS_TABLE: alsoWritesSealed(
            data.jobs,
            ['BatchWriteItem', 'UpdateItem'],
            table(data.jobs, ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem']),
          ),
          CONTROL_TABLE: alsoAddsNodes(data.control, workflows.tells),
          KEYS_TABLE: wrapped,
          DATA_BUCKET: bucket(data.bucket, { read: ['sealed', 'tenants'], write: ['sealed', 'unreadable'] }),
          // Jobs that wait for this queue's may belong to another.
          LANES: lanes({ ...lanesOf(declared, ['quarantine']), [name]: queue.lanes }),
          MASTER_KEY: opens,
          CODE_VERSION: told(bundles.work.version),
          QUEUE: told(name),
          ALLOW_PRIVATE_ADDRESSES: told(String(stage.allowPrivateAddresses)),
          WORKER_LOGS: workerLogs({ [name]: { logGroup, timeoutSeconds } }),
        }),
      });
    });

    const operate = new TaskqFunction(this, 'operate', {
      platform,
      timeoutSeconds: own.times.functionTimeoutSeconds,
      memoryMb: operationsQueue.memoryMb,
      sources: own.sources({
        ...stage,
        laneConcurrency: {
          ...stage.laneConcurrency,
          normal: operationsAtOnce,
          quarantine: operationsAtOnce,
        },
      }),
      bindings: (logGroup) => ({
        JOBS_TABLE: alsoWritesSealed(
          data.jobs,
          ['BatchWriteItem', 'UpdateItem'],
          table(
            data.jobs,
            ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem', 'Query'],
            [jobsTable.attentionIndex.name],
          ),
        ),
        CONTROL_TABLE: workflows.tells,
        KEYS_TABLE: wrapped,
        DATA_BUCKET: bucket(data.bucket, { read: ['sealed'], write: ['sealed', 'unreadable'] }),
        LANES: lanes(allLanes),
        MASTER_KEY: opens,
        CODE_VERSION: told(bundles.operate.version),
        WORKER_LOGS: workerLogs({
          [own.contract.name]: { logGroup, timeoutSeconds: own.times.functionTimeoutSeconds },
        }),
      }),
    });

    const bury = new TaskqFunction(this, 'bury', {
      platform,
      timeoutSeconds: buryTimeoutSeconds,
      memoryMb: memoryMb.bury,
      sources: this.queues.map(({ contract, dead }) => ({
        id: contract.name,
        queue: dead,
        batchSize: 10,
        maxConcurrency: stage.buryConcurrency,
      })),
      bindings: {
        JOBS_TABLE: table(data.jobs, ['PartiQLInsert', 'PartiQLUpdate', 'BatchGetItem']),
        CONTROL_TABLE: workflows.tells,
        DATA_BUCKET: bucket(data.bucket, { write: ['unreadable'] }),
        // Dead letters that are not yet to be judged are hidden, by their queue's URL.
        LANES: lanes(quarantineAndDead(this.queues), { onlyKnown: ['dead'] }),
        WORKER_LOGS: workerLogs(
          Object.fromEntries(
            this.queues.map(({ contract: { name }, times }, index) => {
              const { logGroup } = [...workers, operate][index] as TaskqFunction<'work' | 'operate'>;
              return [name, { logGroup, timeoutSeconds: times.functionTimeoutSeconds }];
            }),
          ),
        ),
      },
    });

    const release = new TaskqFunction(this, 'release', {
      platform,
      // Less than the minute after which the next one begins.
      timeoutSeconds: 55,
      memoryMb: memoryMb.release,
      bindings: {
        JOBS_TABLE: table(
          data.jobs,
          ['PartiQLUpdate', 'BatchGetItem', 'Query'],
          [jobsTable.attentionIndex.name],
        ),
        CONTROL_TABLE: walksTenants(data.control),
        LANES: lanes(allLanes, { depth: true }),
      },
    });
    // The next minute looks again; a repeat of this one would run beside it.
    release.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    everyMinute(this, release.lambda, stage.releaseParts);

    // Workers first: a type that enqueue takes already must not meet a worker that does not know it.
    // So does an edited payload, and a workflow's node.
    for (const each of [enqueue, manage, workflows.workflows]) each.node.addDependency(...workers);
    manage.node.addDependency(operate);

    this.api = restApi(
      this,
      { enqueue: enqueue.lambda, manage: manage.lambda, workflows: workflows.workflows.lambda },
      platform,
    );
    this.functions = Object.fromEntries(
      [enqueue, manage, ...workers, operate, bury, release, keys, workflows.advance, workflows.workflows].map(
        (each) => [each.node.id, each.lambda],
      ),
    );
  }
}

function lanesOf(queues: readonly JobQueue[], without: readonly string[] = []): Record<string, LaneQueues> {
  return Object.fromEntries(
    queues.map(({ contract, lanes }) => {
      const kept = Object.entries(lanes).filter(([lane]) => !without.includes(lane));
      return [contract.name, Object.fromEntries(kept) as LaneQueues];
    }),
  );
}

function quarantineAndDead(queues: readonly JobQueue[]): Record<string, Record<string, Queue>> {
  return Object.fromEntries(
    queues.map(({ contract, lanes: { quarantine }, dead }) => [contract.name, { quarantine, dead }]),
  );
}

/** A rule of EventBridge takes five targets. */
const targetsPerRule = 5;

/** Calls `release` every minute: once to walk, and once for each part of what may be due. */
function everyMinute(scope: Construct, release: LambdaFunction, parts: number): void {
  const tasks = [{ walk: true }, ...Array.from({ length: parts }, (_, part) => ({ due: { part, parts } }))];
  for (let start = 0; start < tasks.length; start += targetsPerRule) {
    new Rule(scope, start === 0 ? 'every-minute' : `every-minute-${start / targetsPerRule}`, {
      description: 'TaskQ: walks, and brings back what is due',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: tasks
        .slice(start, start + targetsPerRule)
        .map((task) => new FunctionTarget(release, { event: RuleTargetInput.fromObject(task) })),
    });
  }
}
