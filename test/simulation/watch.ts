import { afterLeaseMs, givesBack } from '../../core/claim.ts';
import type { Effects } from '../../core/once.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Process } from './process.ts';
import { Broken, type PromiseName } from './promises.ts';
import type { Written } from './table.ts';

/** An attempt that was claimed. */
interface Attempt {
  fence: number;
  by: Process;
  started: boolean;
  /** Claimed by a send that its process never heard of. */
  unheard: boolean;
}

/** A handler at work: it owns its job until it ended, was told to stop, or its process died. */
interface Running {
  fence: number;
  owns: () => boolean;
}

/** What is known of one job beside its record. */
interface Watched {
  accepted: boolean;
  cancelAsked: boolean;
  starts: number;
  /** Attempts that were started and given back. */
  returned: number;
  attempt?: Attempt;
  running: Running[];
  /** The longest lease it ever had; 0 before the first claim. */
  leaseMs: number;
  /** It waits for a time beyond SQS's delay: release is to deliver it. */
  far: boolean;
  /** It met a death, a lost message or a call that broke off. */
  troubled: boolean;
  /** SQS lost one of its messages: the walk is to find it. */
  lost: boolean;
}

/** Two clocks differ by less than this. */
const clocksMs = 5_000;
const longestHideMs = 60_000;
/** A job further away than this is delivered by release. */
const farMs = 880_000;

export interface WatchParts {
  now: () => number;
  peek: (jobId: string) => JobRecord | undefined;
  stored: (where: string) => boolean;
  pointers: () => ReadonlyMap<string, number>;
  /** A live invocation has the job in hand. */
  held: (jobId: string) => boolean;
}

/**
 * Looks at every write, start and answer. What it sees broken it keeps for `first`: thrown where it happens, the
 * pipeline would take it for a handler's error.
 */
export function watchPromises({ now, peek, stored, pointers, held }: WatchParts) {
  let first: Broken | undefined;
  const jobs = new Map<string, Watched>();
  const answers = new Map<string, string>();
  /** What the first `once` of a job was answered with. */
  const mails = new Map<string, string>();
  /** Jobs to look after again: something about them has changed. */
  const stirred = new Set<string>();

  const expect = (kept: boolean, promise: PromiseName, message: () => string): void => {
    if (!kept) first ??= new Broken(promise, message());
  };
  const of = (jobId: string): Watched => {
    let job = jobs.get(jobId);
    if (job === undefined) {
      job = {
        accepted: false,
        cancelAsked: false,
        starts: 0,
        returned: 0,
        running: [],
        leaseMs: 0,
        far: false,
        troubled: false,
        lost: false,
      };
      jobs.set(jobId, job);
    }
    return job;
  };

  function written({ before, after, change, by, how }: Written): void {
    const job = of(after.sk);
    stirred.add(after.sk);
    const named = (what: string) => () => `${after.sk} ${what}`;
    const isOpen = !isFinal(after.status) && after.status !== 'void';
    expect(
      !isOpen || after.expiresAt === undefined,
      'an open record does not expire',
      named(`is ${after.status} and expires`),
    );
    for (const value of [after.payload, after.result])
      if (value !== undefined && 'at' in value && after.status !== 'void')
        expect(
          stored(value.where),
          'a value stands before its record',
          named(`names ${value.where}, which is not stored`),
        );
    if (before !== undefined) changedFrom(before, after, job, { change, by });
    if (after.status === 'running' && after.fence !== before?.fence) {
      job.attempt = { fence: after.fence, by, started: false, unheard: how === 'late' };
      by.claims.set(after.sk, after.fence);
    }
    if (after.status === 'running') job.leaseMs = Math.max(job.leaseMs, after.availableAt - now());
    if (by.name.startsWith('release') || by.name.startsWith('walk')) return;
    job.far = isOpen && after.status !== 'running' && after.availableAt - now() > farMs;
  }

  function changedFrom(
    before: JobRecord,
    after: JobRecord,
    job: Watched,
    { change, by }: Pick<Written, 'change' | 'by'>,
  ): void {
    const named = (what: string) => () => `${after.sk} ${what}`;
    const reopened =
      (before.status === 'failed' || before.status === 'cancelled') &&
      after.status === 'pending' &&
      change?.set.attempt === 0;
    if (reopened) Object.assign(job, { starts: 0, returned: 0, cancelAsked: false });
    expect(
      !isFinal(before.status) || after.status === before.status || reopened,
      'final stays final',
      named(`went from ${before.status} to ${after.status}`),
    );
    expect(before.status !== 'void', 'a tombstone stays', named(`became ${after.status}`));
    expect(
      before.attention === undefined || after.attention !== undefined || isFinal(after.status),
      'an entry stays until the end',
      named(`is ${after.status} and its entry is gone`),
    );
    expect(
      after.fence >= before.fence,
      'the fence never falls',
      named(`has fence ${after.fence} after ${before.fence}`),
    );
    expect(
      before.attempt + before.attemptsLeft === after.attempt + after.attemptsLeft,
      'attempts add up',
      named(
        `had ${before.attempt}+${before.attemptsLeft} attempts, has ${after.attempt}+${after.attemptsLeft}`,
      ),
    );
    expect(
      after.attempt >= 0 && after.attemptsLeft >= 0,
      'attempts within the limit',
      named(`has ${after.attempt} attempts spent, ${after.attemptsLeft} left`),
    );
    const waits = !isFinal(after.status) && after.status !== 'running';
    expect(
      before.cancelRequestedAt === undefined || !waits || reopened,
      'a cancelled job does not go on',
      named(`is ${after.status}`),
    );
    if (after.status === 'failed' && before.status !== 'failed') failed(before, after);
    if (after.status === 'cancelled' && before.status !== 'cancelled')
      expect(job.cancelAsked, 'fails only for a reason', named('was cancelled by nobody'));
    if (before.status === 'running' && (after.status !== 'running' || after.fence !== before.fence))
      attemptEnded(before, after, job, { change, by });
  }

  function failed(before: JobRecord, after: JobRecord): void {
    const left = after.attemptsLeft + (before.status === 'running' && by(before, after) ? 1 : 0);
    const reason = after.lastError?.cause === 'permanent_error' || (after.buried ?? 0) >= 3 || left <= 0;
    expect(reason, 'fails only for a reason', () => `${after.sk} failed with ${left} attempts left`);
  }

  /** Found with its lease over, after it shared its process: it has one more start. */
  function by(before: JobRecord, after: JobRecord): boolean {
    return givesBack(before) && after.owner === undefined;
  }

  function attemptEnded(
    before: JobRecord,
    after: JobRecord,
    job: Watched,
    { change, by }: Pick<Written, 'change' | 'by'>,
  ): void {
    const { attempt } = job;
    const byHolder = after.status !== 'running' && !change?.where.some(([name]) => name === 'availableAt');
    const givenBack =
      change?.add?.attempt === -1 || (after.status === 'running' && after.attempt === before.attempt);
    if (givenBack && attempt?.started) job.returned++;
    if (byHolder) {
      expect(
        before.owner === by.owner,
        'a late attempt leaves nothing',
        () => `${after.sk} became ${after.status} by ${by.name}, which does not hold it`,
      );
      return;
    }
    expect(
      before.availableAt <= now() + clocksMs,
      'a live lease is respected',
      () =>
        `${after.sk} became ${after.status} by ${by.name}, ${before.availableAt - now()} ms before its lease ends`,
    );
    expect(
      attempt === undefined ||
        attempt.by.died ||
        attempt.unheard ||
        job.troubled ||
        after.status === 'cancelled',
      'an attempt is spent on a start or a death',
      () => `${after.sk} lost the lease of ${attempt?.by.name}, which lives and had no trouble`,
    );
  }

  return {
    first: () => first,
    written,
    accept(jobId: string): void {
      of(jobId).accepted = true;
      stirred.add(jobId);
    },
    /** The ids that a key's positions were answered with. */
    answered(key: string, position: number, jobId: string): void {
      const earlier = answers.get(`${key} ${position}`) ?? jobId;
      answers.set(`${key} ${position}`, jobId);
      expect(
        earlier === jobId,
        'one key, one job',
        () => `${key}, position ${position}, was answered with ${earlier} and with ${jobId}`,
      );
    },
    cancelAsked(jobId: string): void {
      of(jobId).cancelAsked = true;
    },
    trouble(jobIds: Iterable<string>): void {
      for (const jobId of jobIds) of(jobId).troubled = true;
    },
    lost(jobId: string): void {
      Object.assign(of(jobId), { lost: true, troubled: true });
    },
    stir: (jobId: string): void => void stirred.add(jobId),
    started(jobId: string, by: Process, owns: () => boolean): void {
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
