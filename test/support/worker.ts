import type { SQSBatchResponse } from 'aws-lambda';
import type { Run } from '../../core/define.ts';
import type { Counts } from '../../core/telemetry.ts';
import { sameTurn } from '../../functions/coalesce.ts';
import { laneOfArn } from '../../functions/lanes.ts';
import { look } from '../../functions/look.ts';
import type { Unreadable } from '../../functions/messages.ts';
import type { EnqueueOf } from '../../functions/work/enqueue.ts';
import { type WorkDeps, work } from '../../functions/work/work.ts';
import { contracts, type World } from './world.ts';

/** Of tests whose jobs add no nodes. */
export const addsNothing: EnqueueOf = () => async () => {
  throw new Error('this test adds no nodes');
};

type Handler = Run<never, unknown>;

/** A worker of queue `default`: each invocation takes what a lane shows, and Lambda acknowledges by its answer. */
export function worker(
  world: World,
  handler: Handler = async (payload) => payload,
  deps: Partial<WorkDeps> = {},
) {
  const counts: Counts = {};
  const unreadable: Unreadable[] = [];
  const logs: { message: string; fields: Record<string, unknown> }[] = [];
  const errors: string[] = [];
  let invocations = 0;
  const step = work({
    ...world,
    queue: 'default',
    contractOf: (type) => contracts.find((each) => each.type === type),
    handlerOf: async () => handler,
    newSeed: () => new Uint8Array(16).fill(9),
    readObject: async () => undefined,
    enqueueOf: addsNothing,
    storeUnreadable: (message) =>
      world.faults.around('storeUnreadable', 1, () => void unreadable.push(message)),
    settings: { allowPrivateAddresses: false },
    log: (message, fields) => void logs.push({ message, fields }),
    onError: (message) => void errors.push(message),
    after: world.clock.after,
    look: look({ store: world.store, now: world.clock.now }),
    leaseMs: 65_000,
    longestTimeoutMs: 30_000,
    codeVersion: '2.0.0',
    findDeath: async () => ({ cause: 'lease_lost' }),
    newOwner: () => {
      invocations++;
      return `owner-${invocations}`;
    },
    urlOf: (arn) => laneOfArn(world.lanes.urls, arn),
    now: world.clock.now,
    monotonic: world.clock.monotonic,
    random: () => 0.5,
    soon: sameTurn,
    ...deps,
  });

  /** One invocation on a lane; 45 s is what the function of this queue has. */
  const invoke = async (lane: string, functionMs = 45_000): Promise<SQSBatchResponse> => {
    const records = world.lanes.receive(lane);
    const endsAt = world.clock.now() + functionMs;
    const answer = await step(records, () => endsAt - world.clock.now(), counts, 'request-1');
    world.lanes.finish(records, answer);
    return answer;
  };
  return { invoke, counts, unreadable, logs, errors };
}
