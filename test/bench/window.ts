import { setTimeout as pause } from 'node:timers/promises';
import type { LocalAws } from '../../local/state.ts';
import type { AwsClients } from './aws.ts';
import { outstanding, startFeed } from './feed.ts';
import { type Tally, tally } from './invocations.ts';
import type { Wiring } from './wiring.ts';

/** What was seen of one wiring in one window of time. */
export interface Window {
  /** Jobs accepted while it was filled and watched. */
  accepted: number;
  enqueue: Tally;
  work: Tally;
  /** The lower of what was accepted and what was completed: a backlog that shrinks must not flatter. */
  jobsPerMinute: number;
  /** Messages outstanding, as polled, lowest and highest. */
  backlog: { least: number; most: number };
}

const fillSeconds = 20;
const drainSeconds = 120;
/** A function's last line may reach the log after its messages are gone. */
const lastLineSeconds = 10;

/**
 * Fills the queue, watches it for some seconds while it is kept full, then lets it drain.
 */
export async function watchWindow(
  local: LocalAws,
  aws: AwsClients,
  wiring: Wiring,
  { seconds, backlog }: { seconds: number; backlog: number },
): Promise<Window> {
  const begun = Date.now();
  const feed = startFeed(local, aws, wiring, { backlog });
  const fillUntil = begun + fillSeconds * 1000;
  while (feed.outstanding < backlog * 0.8 && Date.now() < fillUntil && !feed.failed) await pause(50);
  const from = Date.now();
  const seen: number[] = [];
  while (Date.now() < from + seconds * 1000 && !feed.failed) {
    seen.push(feed.outstanding);
    await pause(100);
  }
  const to = Date.now();
  await feed.stop();
  await drain(aws, wiring);
  const groups = wiring.logGroups;
  const enqueue = await tally(aws, groups.enqueue, { from, to }, 'accepted');
  const work = await tally(aws, groups.work, { from, to }, 'completed');
  return {
    accepted: feed.accepted,
    enqueue,
    work,
    jobsPerMinute: (Math.min(enqueue.jobs, work.jobs) / (to - from)) * 60_000,
    backlog: { least: Math.min(...seen), most: Math.max(...seen) },
  };
}

/** Starts every function of a wiring and the code in it. Returns how many jobs that took. */
export async function warmUp(
  local: LocalAws,
  aws: AwsClients,
  wiring: Wiring,
  jobs: number,
): Promise<number> {
  const feed = startFeed(local, aws, wiring, { backlog: jobs, most: jobs });
  while (feed.accepted < jobs && !feed.failed) await pause(50);
  await feed.stop();
  await drain(aws, wiring);
  return feed.accepted;
}

/** Throws unless every job that was accepted since then is completed: a wiring that loses jobs is no match. */
export async function checkCompleted(
  aws: AwsClients,
  { name, logGroups }: Wiring,
  since: number,
  accepted: number,
): Promise<void> {
  const until = Date.now() + lastLineSeconds * 1000;
  for (;;) {
    const { jobs } = await tally(aws, logGroups.work, { from: since, to: Date.now() + 1 }, 'completed');
    if (jobs === accepted) return;
    if (Date.now() > until) throw new Error(`${name} accepted ${accepted} jobs and completed ${jobs}`);
    await pause(250);
  }
}

/** Waits until the queue is empty. */
export async function drain(aws: AwsClients, { name, queueUrl }: Wiring): Promise<void> {
  const until = Date.now() + drainSeconds * 1000;
  for (;;) {
    const left = await outstanding(aws, queueUrl);
    if (left === 0) return;
    if (Date.now() > until)
      throw new Error(`${name} still has ${left} messages ${drainSeconds} s after the last was sent`);
    await pause(100);
  }
}
