import type { Lane } from '../core/lane.ts';
import type { Pointer } from '../core/pointer.ts';

/** A pointer on its way into a lane. */
export interface Delivery {
  queue: string;
  lane: Lane;
  pointer: Pointer;
  delaySeconds: number;
}

/** A received message that is to stay where it is, unseen, for a while. */
export interface Hiding {
  queueUrl: string;
  receiptHandle: string;
  seconds: number;
}

/** The port to the lanes. Every entry succeeds or fails by itself. */
export interface Lanes {
  /** Was each pointer accepted, in order. */
  deliver(deliveries: readonly Delivery[]): Promise<boolean[]>;
  hide(hidings: readonly Hiding[]): Promise<void>;
}

/** Queue → lane → URL, and the way back: which lane an event source ARN names. Both end in the SQS queue's name. */
export function laneOfArn(
  urls: Record<string, Record<string, string>>,
  arn: string,
): { url: string; queue: string; quarantine: boolean } {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  for (const [queue, ofQueue] of Object.entries(urls)) {
    for (const [lane, url] of Object.entries(ofQueue)) {
      if (url.slice(url.lastIndexOf('/') + 1) === name)
        return { url, queue, quarantine: lane === 'quarantine' };
    }
  }
  throw new Error(`no lane of this function's is named "${name}"`);
}
