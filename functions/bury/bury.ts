import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { judgeBurial } from '../../core/bury.ts';
import { type Change, type JobStore, leftBy } from '../../core/change.ts';
import { tombstone } from '../../core/newjob.ts';
import { isFinal } from '../../core/state.ts';
import { type JobRecord, jobKey } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import { countDeath, type FindDeath } from '../deaths.ts';
import type { Lanes } from '../lanes.ts';
import {
  acknowledged,
  comesBack,
  type Fate,
  type Received,
  readMessages,
  type Unreadable,
} from '../messages.ts';
import type { Tell } from '../tell.ts';

export interface BuryDeps {
  store: JobStore;
  lanes: Lanes;
  /** How the process that held a lost lease ended. */
  findDeath: FindDeath;
  now: () => number;
  urlOf: (arn: string) => { url: string; quarantine: boolean };
  storeUnreadable: (message: Unreadable) => Promise<void>;
  /** Of a job that is found final, and whose end its workflow may not have heard of. */
  tell: Tell;
  onError: (message: string, error: unknown) => void;
  log: (message: string, fields: Record<string, string | number>) => void;
}

const changedHideSeconds = 1;
const throttledHideSeconds = 5;

/** Judges what SQS gave up on. Receives are not attempts: a job with attempts left goes to quarantine, twice at most. */
export function bury(deps: BuryDeps) {
  const { store, lanes, now, onError } = deps;
  return async (records: readonly SQSRecord[], counts: Counts): Promise<SQSBatchResponse> => {
    const { received, unreadable } = readMessages(records, deps.urlOf);
    const fates = new Map<Received, Fate>();
    const stay: string[] = [];
    for (const message of unreadable) {
      counts.unreadable = (counts.unreadable ?? 0) + 1;
      await deps.storeUnreadable(message).catch((error: unknown) => {
        onError('an unreadable message could not be stored: it comes back', error);
        stay.push(message.messageId);
      });
    }
    const found = await store
      .get(unique(received).map(({ pointer }) => jobKey(pointer.tenant, pointer.jobId)))
      .catch((error: unknown) => {
        onError('the records of dead letters could not be read: their messages come back', error);
        return undefined;
      });
    for (const message of received) {
      const record = found?.find((each) => each?.sk === message.pointer.jobId);
      const fate =
        found === undefined
          ? comesBack(throttledHideSeconds)
          : await judge(message, record, counts).catch((error: unknown) => {
              onError('a dead letter could not be judged: it comes back', error);
              return comesBack(throttledHideSeconds);
            });
      fates.set(message, fate);
    }
    const hidings = [...fates].flatMap(([{ queueUrl, receiptHandle }, fate]) =>
      fate.acknowledged || fate.hideSeconds === undefined
        ? []
        : [{ queueUrl, receiptHandle, seconds: fate.hideSeconds }],
    );
    if (hidings.length > 0)
      await lanes.hide(hidings).catch((error: unknown) => onError('dead letters could not be hidden', error));
    for (const [message, fate] of fates) if (!fate.acknowledged) stay.push(message.messageId);
    return { batchItemFailures: stay.map((itemIdentifier) => ({ itemIdentifier })) };
  };

  async function judge(message: Received, found: JobRecord | undefined, counts: Counts): Promise<Fate> {
    const isLost = found?.status === 'running' && found.availableAt <= now();
    const death = isLost ? await deps.findDeath(found) : undefined;
    const decision = judgeBurial(found, message, now(), death);
    switch (decision.do) {
      case 'hide':
        return comesBack(decision.seconds);
      case 'drop':
        if (found !== undefined && isFinal(found.status)) await deps.tell([found]);
        return acknowledged;
      case 'bury_void': {
        const [laid] = await store.insert([
          tombstone(jobKey(message.pointer.tenant, message.pointer.jobId), now()),
        ]);
        counts.tombstones = (counts.tombstones ?? 0) + (laid?.inserted ? 1 : 0);
        return laid?.inserted ? acknowledged : comesBack(changedHideSeconds);
      }
      case 'rescue': {
        const record = await left(decision.change);
        if (record === undefined) return comesBack(changedHideSeconds);
        counts.buried = (counts.buried ?? 0) + 1;
        if (death !== undefined) countDeath(counts, death);
        deps.log('a buried job goes to quarantine', named(record));
        // The record is in attention already: a pointer that cannot be sent now is sent by release. The
        // message goes all the same: if it came back, it would count as another burial.
        const { queue } = record;
        await lanes
          .deliver([{ queue, lane: 'quarantine', pointer: message.pointer, delaySeconds: 0 }])
          .catch((error: unknown) =>
            onError('the pointer of a buried job could not be sent: release will', error),
          );
        return acknowledged;
      }
      case 'cancel':
        return (await left(decision.change)) === undefined ? comesBack(changedHideSeconds) : acknowledged;
      case 'fail': {
        const record = await left(decision.change);
        if (record === undefined) return comesBack(changedHideSeconds);
        counts.buried = (counts.buried ?? 0) + 1;
        counts.failed = (counts.failed ?? 0) + 1;
        if (death !== undefined) countDeath(counts, death);
        deps.log('a buried job was given up', named(record));
        return acknowledged;
      }
    }
  }

  async function left(change: Change): Promise<JobRecord | undefined> {
    const [result] = await store.change([change]);
    return result && leftBy(change, result);
  }
}

function unique(received: readonly Received[]): Received[] {
  return [...new Map(received.map((each) => [each.pointer.jobId, each])).values()];
}

function named({ sk, type, buried = 0 }: JobRecord): Record<string, string | number> {
  return { job_id: sk, type, buried };
}
