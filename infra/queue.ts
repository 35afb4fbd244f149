import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { JobContract, QueueContract } from '../core/define.ts';
import { type Lane, lanes, type QueueTimes, queueTimes } from '../core/lane.ts';
import { laneQueue, pointerQueue } from './lane.ts';
import type { Platform } from './stacks.ts';
import type { Source } from './taskq-function.ts';

/** How long `bury` may take for ten dead letters. */
export const buryTimeoutSeconds = 45;
/** As on a lane: room after the function's end for its answer to reach SQS. */
const deadVisibilitySeconds = buryTimeoutSeconds + 30;

/** A declared queue: its five lanes, its dead-letter queue, and the times computed from its job types. */
export class JobQueue extends Construct {
  readonly contract: QueueContract;
  readonly times: QueueTimes;
  readonly lanes: Record<Lane, Queue>;
  readonly dead: Queue;

  constructor(
    scope: Construct,
    contract: QueueContract,
    props: { platform: Platform; contracts: readonly JobContract[] },
  ) {
    super(scope, contract.name);
    const { platform, contracts } = props;
    const times = queueTimes(contract.name, contracts);
    const dead = pointerQueue(this, 'dead', platform, { visibilitySeconds: deadVisibilitySeconds });
    this.contract = contract;
    this.times = times;
    this.dead = dead;
    this.lanes = Object.fromEntries(
      lanes.map((lane) => [lane, laneQueue(this, lane, { platform, times, dead })]),
    ) as Record<Lane, Queue>;
  }

  /** The lanes as sources of the queue's worker. Quarantine takes one job at a time. */
  sources({ laneConcurrency }: Platform['stage']): Source[] {
    return lanes.map((lane) => ({
      id: lane,
      queue: this.lanes[lane],
      batchSize: lane === 'quarantine' ? 1 : this.contract.batchConcurrency,
      maxConcurrency: laneConcurrency[lane],
    }));
  }
}
