import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { judgeBurial } from '../../core/bury.ts';
import type { Change, JobStore } from '../../core/change.ts';
import { tombstone } from '../../core/newjob.ts';
import { isFinal } from '../../core/state.ts';
import { type JobRecord, jobKey, type RecordKey } from '../../core/table.ts';
import type { Counts } from '../../core/telemetry.ts';
import { countDeath, type FindDeath } from '../deaths.ts';
import type { Lanes } from '../lanes.ts';
import {
  acknowledged,
  afterChange,
  afterFault,
  comesBack,
  type Fate,
  type Received,
  readMessages,
  type Unreadable,
  writeFor,
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

/** Judges what SQS gave up on. Receives are not attempts: a job with attempts left goes to quarantine. */
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
    const found = await read(received).catch((error: unknown) => {
      onError('the records of dead letters could not be read: their messages come back', error);
      return undefined;
    });
    const undecided = (message: Received): Fate => {
      counts.undecided = (counts.undecided ?? 0) + 1;
      return afterFault(message);
    };
    for (const message of received) {
      const fate =
        found === undefined
          ? undecided(message)
          : await judge(message, found, counts).catch((error: unknown) => {
              onError('a dead letter could not be judged: it comes back', error);
              return undecided(message);
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

  /** The records of these messages, by their keys: two tenants may have a job of one id. */
  async function read(received: readonly Received[]): Promise<Map<string, JobRecord>> {
    const keys = new Map(received.map(keyOf).map((key) => [nameOf(key), key]));
    const records = await store.get([...keys.values()]);
    return new Map(records.flatMap((each) => (each === undefined ? [] : [[nameOf(each), each]])));
  }

  /** @param records as they were read; what is written here is put there, for the next message of the same job */
  async function judge(message: Received, records: Map<string, JobRecord>, counts: Counts): Promise<Fate> {
    const found = records.get(nameOf(keyOf(message)));
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
        const [laid] = await store.insert([tombstone(keyOf(message), now())]);
        if (laid === undefined || 'retry' in laid) return afterFault(message);
        counts.tombstones = (counts.tombstones ?? 0) + (laid.inserted ? 1 : 0);
        return laid.inserted ? acknowledged : afterChange;
      }
      case 'send_again':
        if (found !== undefined) await toQuarantine(found, message);
        return acknowledged;
      case 'rescue': {
        const left = await write(message, decision.change, records);
        if (left.record === undefined) return left.fate;
        counts.buried = (counts.buried ?? 0) + 1;
        if (death !== undefined) countDeath(counts, death);
        deps.log('a buried job goes to quarantine', named(left.record));
        await toQuarantine(left.record, message);
        return acknowledged;
      }
      case 'cancel': {
        const left = await write(message, decision.change, records);
        return left.record === undefined ? left.fate : acknowledged;
      }
      case 'fail': {
        const left = await write(message, decision.change, records);
        if (left.record === undefined) return left.fate;
        counts.buried = (counts.buried ?? 0) + 1;
        counts.failed = (counts.failed ?? 0) + 1;
        if (death !== undefined) countDeath(counts, death);
        deps.log('a buried job was given up', named(left.record));
        return acknowledged;
      }
    }
  }

  async function write(message: Received, change: Change, records: Map<string, JobRecord>) {
    const left = await writeFor(store, message, change);
    if (left.record !== undefined) records.set(nameOf(left.record), left.record);
    return left;
  }

  /** The record is in attention already: a pointer that cannot be sent now is sent by release, and the message goes. */
  async function toQuarantine({ queue }: JobRecord, { pointer }: Received): Promise<void> {
    await lanes
      .deliver([{ queue, lane: 'quarantine', pointer, delaySeconds: 0 }])
      .catch((error: unknown) =>
        onError('the pointer of a buried job could not be sent: release will', error),
      );
  }
}

function keyOf({ pointer }: Received): RecordKey {
  return jobKey(pointer.tenant, pointer.jobId);
}

function nameOf({ pk, sk }: RecordKey): string {
  return `${pk}/${sk}`;
}

function named({ sk, type, buried = 0 }: JobRecord): Record<string, string | number> {
  return { job_id: sk, type, buried };
}
