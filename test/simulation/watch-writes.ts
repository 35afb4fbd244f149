import { givesBack } from '../../core/claim.ts';
import { isFinal } from '../../core/state.ts';
import type { JobRecord } from '../../core/table.ts';
import type { Written } from './table.ts';
import { watchWaiting } from './watch-waiting.ts';
import { clocksMs, type Expect, type Watched } from './watched.ts';

/** A job further away than this is delivered by release. */
const farMs = 880_000;

/**
 * A job of a long queue has its entry so soon while it runs, unless release has just sent a pointer and waits for it.
 * Two clocks have a part: release puts the entry off by as long as the job has waited, a claim leaves that of a young one.
 */
const watchedMs = 60_000 + 2 * clocksMs;

interface WriteParts {
  now: () => number;
  stored: (where: string) => boolean;
  of: (jobId: string) => Watched;
  expect: Expect;
}

/** Looks at every write that was applied: what it may and may not do to a record. */
export function watchWrites({ now, stored, of, expect }: WriteParts): (written: Written) => void {
  const waiting = watchWaiting(of, expect);

  function written({ before, after, change, by, how }: Written): void {
    waiting.written({ before, after, change, by, how });
    const job = of(after.sk);
    const named = (what: string) => () => `${after.sk} ${what}`;
    const isOpen = !isFinal(after.status) && after.status !== 'void';
    expect(
      !isOpen || after.expiresAt === undefined,
      'an open record does not expire',
      named(`is ${after.status} and expires`),
    );
    if (after.queue === 'long' && isOpen) {
      const inMs = (after.attentionAt ?? Number.POSITIVE_INFINITY) - now();
      const isSoon = after.status !== 'running' || (after.attentionStep ?? 0) > 0 || inMs <= watchedMs;
      expect(
        after.attention !== undefined && isSoon,
        'a long job is watched',
        named(`is ${after.status} and has its entry in ${inMs} ms`),
      );
    }
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
    // Who waits for it changes nothing of its time.
    if (change?.set.watchers !== undefined) return;
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
    // A person's cancel may be under way while another retries the job: then it is that run's.
    if (
      by.name.startsWith('person') &&
      (after.status === 'cancelled' || after.cancelRequestedAt !== undefined)
    )
      job.cancelAsked = true;
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
    expect(
      before.cancelRequestedAt === undefined || after.status !== 'failed' || before.owner === by.owner,
      'a cancel that was heard is obeyed',
      named(`was to be cancelled and was failed by ${by.name}`),
    );
    if (after.status === 'failed' && before.status !== 'failed') failed(before, after);
    if (after.status === 'cancelled' && before.status !== 'cancelled')
      expect(
        job.cancelAsked || waiting.isMissed(after),
        'fails only for a reason',
        named('was cancelled by nobody'),
      );
    if (before.status === 'running' && (after.status !== 'running' || after.fence !== before.fence))
      attemptEnded(before, after, job, { change, by });
  }

  function failed(before: JobRecord, after: JobRecord): void {
    const left = after.attemptsLeft + (before.status === 'running' && by(before, after) ? 1 : 0);
    const reason = after.lastError?.cause === 'permanent_error' || left <= 0;
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

  return written;
}
