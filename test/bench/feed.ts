import { setTimeout as pause } from 'node:timers/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { ApiRequest } from '../../client/request.ts';
import { makeSend } from '../../client/send.ts';
import { makeSigner } from '../../client/signed.ts';
import type { LocalAws } from '../../local/state.ts';
import type { AwsClients } from './aws.ts';
import { bulkPayload, type Wiring } from './wiring.ts';

/** The same for every wiring. */
export const jobsPerRequest = 25;
const requestsInFlight = 8;
const pollMs = 250;

/** Posts a signed batch and returns when it was accepted as a whole; throws otherwise. */
export function poster(local: LocalAws, { url, body, status }: Wiring) {
  const base = new URL(url);
  const sign = makeSigner(base, local.region, local.credentials);
  const send = makeSend(base);
  return async (payloads: readonly unknown[], idempotencyKey?: string): Promise<string> => {
    const request: ApiRequest = {
      method: 'POST',
      path: base.pathname,
      query: {},
      headers: {
        host: base.host,
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: body(payloads),
    };
    const answer = await send(request, await sign(request, new Date()), true);
    if (answer.status !== status || answer.body.includes('"error":'))
      throw new Error(`POST ${url} was answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    return answer.body;
  };
}

/** Messages of a queue that are not deleted: waiting, delayed or in flight. */
export async function outstanding({ sqs }: AwsClients, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, each) => sum + Number(each), 0);
}

export interface Feed {
  accepted: number;
  /** As last asked. */
  outstanding: number;
  /** A request was refused: `stop` throws it. */
  failed: boolean;
  stop(): Promise<void>;
}

/**
 * Keeps a wiring's queue at a standing backlog with batches, as fast as they are accepted.
 * @param most jobs to accept before it stops by itself
 */
export function startFeed(
  local: LocalAws,
  aws: AwsClients,
  wiring: Wiring,
  { backlog, most = Number.POSITIVE_INFINITY }: { backlog: number; most?: number },
): Feed {
  const post = poster(local, wiring);
  const payloads = Array.from({ length: jobsPerRequest }, () => bulkPayload);
  let going = true;
  let sent = 0;
  let sentAtPoll = 0;
  const feed: Feed = {
    accepted: 0,
    outstanding: 0,
    failed: false,
    stop: async () => {
      going = false;
      await Promise.all(all);
    },
  };
  const poll = async (): Promise<void> => {
    while (going) {
      sentAtPoll = sent;
      feed.outstanding = await outstanding(aws, wiring.queueUrl);
      await pause(pollMs);
    }
  };
  const loop = async (): Promise<void> => {
    while (going && sent < most) {
      if (feed.outstanding + sent - sentAtPoll >= backlog) {
        await pause(5);
        continue;
      }
      sent += jobsPerRequest;
      await post(payloads);
      feed.accepted += jobsPerRequest;
    }
  };
  const all = [poll(), ...Array.from({ length: requestsInFlight }, loop)];
  for (const each of all) {
    each.catch(() => {
      going = false;
      feed.failed = true;
    });
  }
  return feed;
}
