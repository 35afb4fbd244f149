import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Lane, maxReceiveCount, type QueueTimes, retentionSeconds } from '../core/lane.ts';
import type { Platform } from './stacks.ts';

/** The SQS queue of one lane: how long a worker may hold a pointer, and where it goes when it gave up. */
export function laneQueue(
  scope: Construct,
  lane: Lane,
  { platform, times, dead }: { platform: Platform; times: QueueTimes; dead: Queue },
): Queue {
  return pointerQueue(scope, lane, platform, {
    visibilitySeconds: times.visibilitySeconds,
    deadLetterQueue: { queue: dead, maxReceiveCount },
  });
}

/** What lanes and dead-letter queues have in common: pointers, encrypted, kept as long as SQS can. */
export function pointerQueue(
  scope: Construct,
  id: string,
  { key, stage }: Platform,
  props: { visibilitySeconds: number; deadLetterQueue?: { queue: Queue; maxReceiveCount: number } },
): Queue {
  return new Queue(scope, id, {
    visibilityTimeout: Duration.seconds(props.visibilitySeconds),
    retentionPeriod: Duration.seconds(retentionSeconds),
    deadLetterQueue: props.deadLetterQueue,
    enforceSSL: stage.requireTls,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    // SQS asks KMS once per caller in this time, at $0.03 per 10,000.
    dataKeyReuse: Duration.hours(1),
  });
}
