import type { Lane } from '../core/lane.ts';
import type { Pointer } from '../core/pointer.ts';
import type { LaneNames } from '../core/wiring.ts';

/** Queue → lane → SQS URL. */
export type LaneUrls = Record<string, Record<string, string>>;

/** @param text the value of LANES */
export function readLanes(text: string): LaneUrls {
  const { url, names }: LaneNames = JSON.parse(text);
  const at = url.slice(0, url.lastIndexOf('/') + 1);
  return Object.fromEntries(
    Object.entries(names).map(([queue, of]) => [
      queue,
      Object.fromEntries(Object.entries(of).map(([lane, name]) => [lane, at + name])),
    ]),
  );
}

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

/** The port to a lane's depth: messages that can be received now, as far as SQS knows (up to a minute late). */
export type LaneDepth = (queue: string, lane: Lane) => Promise<number>;

/** The port to the lanes. Every entry succeeds or fails by itself. */
export interface Lanes {
  /** Was each pointer accepted, in order. */
  deliver(deliveries: readonly Delivery[]): Promise<boolean[]>;
  hide(hidings: readonly Hiding[]): Promise<void>;
}

/** The URL of a lane. A queue that is declared with fewer lanes takes them all in `normal`. Undefined if none is deployed. */
export function urlOfLane(urls: LaneUrls, queue: string, lane: Lane): string | undefined {
  const of = urls[queue];
  return of?.[lane] ?? of?.normal;
}

/**
 * The queue that an event source ARN names: the URL of a queue ends in its name, and all of TaskQ's queues
 * differ in nothing else. `quarantine` for a quarantine lane.
 */
export function laneOfArn(urls: LaneUrls, arn: string): { url: string; quarantine: boolean } {
  const known = Object.values(urls);
  const [any] = known.flatMap((each) => Object.values(each));
  if (any === undefined) throw new Error('this function was told of no lanes (LANES)');
  const url = any.slice(0, any.lastIndexOf('/') + 1) + arn.slice(arn.lastIndexOf(':') + 1);
  return { url, quarantine: known.some((each) => each.quarantine === url) };
}
