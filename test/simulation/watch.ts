import { afterLeaseMs } from '../../core/claim.ts';
import type { Effects } from '../../core/once.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord, Stored } from '../../core/table.ts';
import type { Process } from './process.ts';
import { Broken } from './promises.ts';
import type { Written } from './table.ts';
import { watchOperations } from './watch-operations.ts';
import { watchPayloads } from './watch-payloads.ts';
import { watchWrites } from './watch-writes.ts';
import { clocksMs, type Expect, unknownJob, type Watched } from './watched.ts';

const longestHideMs = 60_000;
/** So long an idempotency key holds: a day, and an hour. */
const heldMs = 25 * 60 * 60_000 + 2 * clocksMs;

export interface WatchParts {
  now: () => number;
  peek: (jobId: string) => JobRecord | undefined;
  all: () => JobRecord[];
  writtenAt: (jobId: string) => number;
  open: (stored: Stored) => unknown;
  stored: (where: string) => boolean;
  pointers: () => ReadonlyMap<string, number>;
  /** A live invocation has the job in hand. */
  held: (jobId: string) => boolean;
}

/**
 * Looks at every write, start and answer. What it sees broken it keeps for `first`: thrown where it happens, the
 * pipeline would take it for a handler's error.
 */
export function watchPromises(parts: WatchParts) {
  const { now, peek, stored, pointers, held } = parts;
  let first: Broken | undefined;
  const jobs = new Map<string, Watched>();
  const answers = new Map<string, string>();
  const answeredAt = new Map<string, number>();
  /** What the first `once` of a job was answered with. */
  const mails = new Map<string, string>();
  /** Jobs to look after again: something about them has changed. */
  const stirred = new Set<string>();

  const expect: Expect = (kept, promise, message) => {
    if (!kept) first ??= new Broken(promise, message());
  };
  const of = (jobId: string): Watched => {
    const job = jobs.get(jobId) ?? unknownJob();
    jobs.set(jobId, job);
    return job;
  };
  const writes = watchWrites({ now, stored, of, expect });
  const cancelAsked = (jobId: string): void => {
    of(jobId).cancelAsked = true;
  };
  const operations = watchOperations({ ...parts, cancelAsked, expect });
  const payloads = watchPayloads({ open: parts.open, patchOf: operations.patchOf, expect });

  return {
    first: () => first,
    operations,
    payloads,
    expect,
    wasLost: (jobId: string): boolean => jobs.get(jobId)?.lost ?? false,
    written(each: Written): void {
      stirred.add(each.after.sk);
      operations.written(each);
      writes(each);
      payloads.written(each);
    },
    accept(jobId: string): void {
      of(jobId).accepted = true;
      stirred.add(jobId);
    },
    /** The ids that a key's positions were answered with. */
    answered(key: string, position: number, jobId: string): void {
      const earlier = answers.get(`${key} ${position}`) ?? jobId;
      answers.set(`${key} ${position}`, jobId);
      answeredAt.set(key, answeredAt.get(key) ?? now());
      expect(
        earlier === jobId,
        'one key, one job',
        () => `${key}, position ${position}, was answered with ${earlier} and with ${jobId}`,
      );
    },
    /** A key is used again when its time is over. */
    isNew(key: string, position: number, jobId: string): void {
      expect(
        answers.get(`${key} ${position}`) !== jobId || now() - (answeredAt.get(key) ?? now()) <= heldMs,
        'a key is free again',
        () => `${key}, position ${position}, is answered with ${jobId} for ever`,
      );
    },
    cancelAsked,
    trouble(jobIds: Iterable<string>): void {
      for (const jobId of jobIds) of(jobId).troubled = true;
    },
    lost(jobId: string): void {
      Object.assign(of(jobId), { lost: true, troubled: true });
    },
    stir: (jobId: string): void => void stirred.add(jobId),
    started(jobId: string, payload: unknown, by: Process, owns: () => boolean): void {
      payloads.started(jobId, payload);
      const job = of(jobId);
      const fence = by.claims.get(jobId) ?? 0;
      const other = job.running.find((each) => each.owns());
      expect(
        other === undefined,
        'one owner',
        () => `${jobId} runs under fence ${other?.fence} and fence ${fence}`,
      );
      job.running.push({ fence, owns });
      job.starts++;
      if (job.attempt?.fence === fence) job.attempt.started = true;
      const record = peek(jobId);
      const limit = record === undefined ? 0 : record.attempt + record.attemptsLeft;
      expect(
        job.starts - job.returned <= limit,
        'attempts within the limit',
        () =>
          `${jobId} has ${limit} attempts and was started ${job.starts} times, ${job.returned} given back`,
      );
    },
    /** What a call of `once` was answered with, and what stands there. */
    onceIs(jobId: string, mail: string, stored: Effects | undefined): void {
      const earlier = mails.get(jobId) ?? mail;
      mails.set(jobId, mail);
      expect(
        earlier === mail && stored !== undefined && Object.keys(stored.effects).length === 1,
        'once is stored once',
        () => `${jobId} is told "${earlier}" and "${mail}" by the same once()`,
      );
    },
    /** A message was hidden on purpose. */
    hidden(jobId: string, seconds: number): void {
      const most = Math.max(longestHideMs, of(jobId).leaseMs + afterLeaseMs + clocksMs);
      expect(
        seconds * 1000 <= most,
        'nothing hides for long',
        () => `a message of ${jobId} is hidden for ${seconds} s; at most ${Math.ceil(most / 1000)}`,
      );
    },
    /** Release sends a pointer: is it the only one. */
    released(jobId: string): void {
      const job = of(jobId);
      const needed = !pointers().has(jobId) && !held(jobId);
      // Two releases at once may both send for the first time.
      if (peek(jobId)?.status === 'waiting_dependencies') return;
      const isPlanned = job.far && (peek(jobId)?.attentionStep ?? 0) <= 1;
      expect(
        isPlanned || job.troubled || !job.accepted || !needed,
        'brought back only after trouble',
        () => `${jobId} has no pointer but the one that its entry sends`,
      );
    },
    /** Every accepted job has its record, and something will look at it again. */
    lookAfter(): void {
      if (stirred.size === 0) return;
      const pointed = pointers();
      for (const jobId of stirred) {
        if (!of(jobId).accepted) continue;
        const record = peek(jobId);
        expect(
          record !== undefined && record.status !== 'void',
          'accepted is not lost',
          () => `${jobId} has ${record === undefined ? 'no record' : 'a tombstone'}`,
        );
        if (record === undefined || isFinal(record.status) || record.attention !== undefined) continue;
        expect(
          pointed.has(jobId) || held(jobId) || of(jobId).lost,
          'looked after',
          () => `${jobId} is ${record.status} and has no pointer and no entry`,
        );
      }
      stirred.clear();
    },
    allFinal(): void {
      for (const [jobId, { accepted }] of jobs) {
        const record = peek(jobId);
        expect(
          !accepted || (record !== undefined && isFinal(record.status)),
          'ends in time',
          () => `${jobId} is ${record?.status ?? 'lost'} long after the last fault`,
        );
      }
    },
  };
}
