import type { SQSRecord } from 'aws-lambda';
import { type Lane, lanes as laneNames, maxReceiveCount } from '../../core/lane.ts';
import { decodePointer, encodePointer } from '../../core/pointer.ts';
import type { Delivery, Hiding } from '../../functions/lanes.ts';
import { fails, recordOf } from '../support/memory-lanes.ts';
import { memorySqs } from '../support/memory-sqs.ts';
import { lanesOf, queueNames } from './catalogue.ts';
import type { Process } from './process.ts';
import { between, oneOf, type Random } from './random.ts';

/** `queue-lane`, or `queue-dead`. */
export type LaneName = string;
export const deadLanes: readonly LaneName[] = queueNames.map((queue) => `${queue}-dead`);
export const workLanes: readonly LaneName[] = queueNames.flatMap((queue) =>
  (lanesOf[queue] ?? laneNames).map((lane) => `${queue}-${lane}`),
);

/** Where a queue that is declared with fewer lanes has them all in `normal`, that. */
export function laneName(queue: string, lane: Lane): LaneName {
  const name = `${queue}-${lane}`;
  return workLanes.includes(name) ? name : `${queue}-normal`;
}

/** The lanes of a history: SQS in memory that reorders, duplicates and refuses as it likes. */
export interface SimulatedLanes {
  deliver: (deliveries: readonly Delivery[], by: Process) => boolean[];
  hide: (hidings: readonly Hiding[], by: Process) => void;
  receive: (lane: LaneName, most: number, visibilityMs: number) => SQSRecord[];
  remove: (lane: LaneName, receipt: string, jobId: string) => void;
  /** How many messages each job has, wherever they are. */
  pointers: () => ReadonlyMap<string, number>;
  /** Messages of a lane that can be received. */
  visible: (lane: LaneName) => number;
  /** When the lane's next message can be received: now, or later; undefined while there is none. */
  nextAt: (lane: LaneName) => number | undefined;
}

interface LaneParts {
  now: () => number;
  random: Random;
  inFlightLimit: number;
  maxReceiveCount: number;
  mostSpares: number;
  spareWithinSeconds: readonly number[];
  seenTwice: () => boolean;
  /** A message came, or will be seen sooner: someone may want to look. */
  onMove: (lane: LaneName) => void;
  /** A job's message was taken and is nowhere. */
  onLoss: (jobId: string) => void;
  /** A job's message was hidden on purpose. */
  onHide: (jobId: string, seconds: number) => void;
}

export function simulateLanes(parts: LaneParts): SimulatedLanes {
  const { now, random, inFlightLimit, onMove } = parts;
  const declared = Object.fromEntries([
    ...workLanes.map((name) => {
      const deadLetterQueue = `${name.slice(0, name.lastIndexOf('-'))}-dead`;
      const redrive = { deadLetterQueue, maxReceiveCount: Math.min(parts.maxReceiveCount, maxReceiveCount) };
      return [name, { visibilitySeconds: 75, redrive, inFlightLimit }];
    }),
    ...deadLanes.map((name) => [name, { visibilitySeconds: 75 }]),
  ]);
  let oldHandleWorked = false;
  const sqs = memorySqs(now, declared, {
    random,
    seenTwice: parts.seenTwice,
    oldHandleWorks() {
      oldHandleWorked = random() < 0.5;
      return oldHandleWorked;
    },
  });

  /** What each body points to: read once, looked at after every step. */
  const jobIds = new Map<string, string>();
  let counted = { changes: -1, byJob: new Map<string, number>() };
  const countByJob = (): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const { body } of sqs.all()) {
      const jobId = jobIds.get(body) ?? decodePointer(body)?.jobId ?? '';
      jobIds.set(body, jobId);
      counts.set(jobId, (counts.get(jobId) ?? 0) + 1);
    }
    return counts;
  };

  return {
    deliver: (deliveries, by) =>
      deliveries.map(({ queue, lane, pointer, delaySeconds }) => {
        if (by.strikes('unsent')) {
          by.trouble([pointer.jobId]);
          return false;
        }
        const name = laneName(queue, lane);
        const entry = { body: encodePointer(pointer), group: pointer.tenant };
        if (by.strikes('lost')) parts.onLoss(pointer.jobId);
        else sqs.send(name, [{ ...entry, delaySeconds }]);
        for (let copies = 0; copies < parts.mostSpares && by.strikes('duplicated'); copies++)
          sqs.send(name, [
            {
              ...entry,
              delaySeconds: Math.min(
                900,
                delaySeconds + between(by.random, 0, oneOf(by.random, parts.spareWithinSeconds)),
              ),
            },
          ]);
        onMove(name);
        return true;
      }),
    hide(hidings, by) {
      for (const { queueUrl, receiptHandle, seconds } of hidings) {
        const name = laneOfUrl(queueUrl);
        if (!fails(() => sqs.changeVisibility(name, receiptHandle, seconds)))
          parts.onHide(by.receipts.get(receiptHandle) ?? '', seconds);
        onMove(name);
      }
    },
    receive(name, most, visibilityMs) {
      const received = sqs.receive(name, most, 'long', visibilityMs / 1000);
      for (const dead of deadLanes) onMove(dead);
      return received.map((each) => ({ ...recordOf(name, each), eventSourceARN: arnOf(name) }));
    },
    remove(name, receipt, jobId) {
      oldHandleWorked = false;
      sqs.remove(name, receipt);
      // It may have been the message through which another holds the job by now: lost like any that SQS loses.
      if (oldHandleWorked) parts.onLoss(jobId);
    },
    pointers() {
      if (counted.changes !== sqs.changes()) counted = { changes: sqs.changes(), byJob: countByJob() };
      return counted.byJob;
    },
    visible: sqs.visible,
    nextAt: sqs.nextAt,
  };
}

const arnOf = (name: LaneName): string => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
export const urlOf = (name: LaneName): string => `https://sqs.test/000000000000/${name}`;
const laneOfUrl = (url: string): LaneName => url.slice(url.lastIndexOf('/') + 1);
