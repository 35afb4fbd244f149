import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { JobContract, QueueContract } from '../core/define.ts';
import { type Lane, lanes, type QueueTimes, queueTimes } from '../core/lane.ts';
import { laneQueue, pointerQueue } from './lane.ts';
import type { Platform } from './stacks.ts';
import type { Source } from './taskq-function.ts';

/** The SQS queue of each lane: these two at least. */
export type LaneQueues = Partial<Record<Lane, Queue>> & Record<'normal' | 'quarantine', Queue>;

/** How long `bury` may take for ten dead letters. */
export const buryTimeoutSeconds = 45;
/** As on a lane: room after the function's end for its answer to reach SQS. */
const deadVisibilitySeconds = buryTimeoutSeconds + 30;

/** A declared queue: its lanes, five unless told, its dead-letter queue, and the times computed from its job types. */
export class JobQueue extends Construct {
  readonly contract: QueueContract;
  readonly times: QueueTimes;
  readonly lanes: LaneQueues;
  readonly dead: Queue;

  constructor(
    scope: Construct,
    contract: QueueContract,
    props: { platform: Platform; contracts: readonly JobContract[]; only?: readonly (keyof LaneQueues)[] },
  ) {
    super(scope, contract.name);
    const { platform, contracts, only = lanes } = props;
    const times = queueTimes(contract.name, contracts);
    const dead = pointerQueue(this, 'dead', platform, { visibilitySeconds: deadVisibilitySeconds });
    this.contract = contract;
    this.times = times;
    this.dead = dead;
    this.lanes = Object.fromEntries(
      only.map((lane) => [lane, laneQueue(this, lane, { platform, times, dead })]),
    ) as LaneQueues;
  }

  /** The lanes as sources of the queue's worker. Quarantine takes one job at a time. */
  sources({ laneConcurrency }: Platform['stage']): Source[] {
    return (Object.entries(this.lanes) as [Lane, Queue][]).map(([lane, queue]) => ({
      id: lane,
      queue,
      batchSize: lane === 'quarantine' ? 1 : this.contract.batchConcurrency,
      maxConcurrency: laneConcurrency[lane],
    }));
  }
}
