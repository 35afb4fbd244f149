import { type Ending, firstTrust } from '../../core/renew.ts';
import type { Hears, Renew, RenewedJob } from './renew.ts';

/** What a worker's main thread says to the thread that renews its leases. `id` counts the jobs of a process. */
export type Order =
  | { do: 'start'; id: number; job: RenewedJob; trusted: SharedArrayBuffer }
  | { do: 'started'; id: number; timeoutMs: number }
  | { do: 'stop'; id: number }
  | { do: 'here'; id: number };

/** What the renewing thread says. */
export type News =
  | { says: 'ending'; id: number; why: Ending }
  | { says: 'failed'; id: number }
  | { says: 'are you there'; id: number };

/** Starts the thread, and gives what sends it an order: at once, for the next thing a handler does may block. */
export type StartThread = (onNews: (news: News) => void, onDeath: () => void) => (order: Order) => void;

/**
 * The main thread's end of the channel to the thread that renews (`serve-renewals.ts`). Until when a lease may be
 * trusted lies in shared memory: a loop that was blocked must not act on what was true before the news that
 * wait for it. A thread that has died is started again with the next job; its own job's trust ends.
 */
export function renewThere(startThread: StartThread): Renew {
  const jobs = new Map<number, Hears>();
  let count = 0;
  let send: ((order: Order) => void) | undefined;

  const say = (order: Order): void => {
    send ??= startThread(onNews, () => {
      send = undefined;
    });
    send(order);
  };
  const onNews = (news: News): void => {
    if (news.says === 'are you there') say({ do: 'here', id: news.id });
    else if (news.says === 'failed') jobs.get(news.id)?.failed();
    else jobs.get(news.id)?.ending(news.why);
  };

  return (job, hears) => {
    count++;
    const id = count;
    const trusted = new BigInt64Array(new SharedArrayBuffer(8));
    Atomics.store(trusted, 0, BigInt(Math.floor(firstTrust(job.claimedAt))));
    jobs.set(id, hears);
    say({ do: 'start', id, job, trusted: trusted.buffer as SharedArrayBuffer });
    return {
      trustedUntil: () => Number(Atomics.load(trusted, 0)),
      started: (timeoutMs) => say({ do: 'started', id, timeoutMs }),
      stop() {
        jobs.delete(id);
        say({ do: 'stop', id });
      },
    };
  };
}
