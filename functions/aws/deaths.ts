import { type Death, judgeLines, requestIdOf } from '../../core/death.ts';
import type { WorkerLogs } from '../../core/wiring.ts';
import type { FindDeath } from '../deaths.ts';

/** Whoever asks has a lease of seconds or a batch of dead letters in hand. */
const longestMs = 2_000;
/** What is in the log may be dated by another clock than the record. */
const skewMs = 60_000;
const heapExhausted = 'heap out of memory';

/**
 * Asks CloudWatch Logs how the process ended: Lambda's own lines by the id of its invocation, and what V8
 * said at the end of the same stream, which names no invocation. What cannot be found out in time is a lost
 * lease, and no claim fails for it.
 */
export function deathFinder(
  workers: WorkerLogs,
  onError: (message: string, error: unknown) => void,
): FindDeath {
  return async ({ owner, queue, startedAt = 0 }) => {
    const requestId = requestIdOf(owner);
    const worker = workers[queue];
    if (requestId === undefined || worker === undefined) return { cause: 'lease_lost' };
    const unknown: Death = { cause: 'lease_lost', requestId };
    const { promise: tooLate, resolve: giveUp } = Promise.withResolvers<Death>();
    const over = new AbortController();
    const timer = setTimeout(() => {
      over.abort();
      giveUp(unknown);
    }, longestMs);
    try {
      return await Promise.race([look(worker, requestId, startedAt - skewMs, over.signal), tooLate]);
    } catch (error) {
      onError('the log of a process that died could not be read', error);
      return unknown;
    } finally {
      clearTimeout(timer);
    }
  };
}

async function look(
  { group, timeoutMs }: WorkerLogs[string],
  requestId: string,
  from: number,
  signal: AbortSignal,
): Promise<Death> {
  const { findLines } = await import('./logs.ts');
  const lines = await findLines(group, { phrase: requestId, from }, signal);
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return { cause: 'lease_lost', requestId };
  const { stream, at } = first;
  // Between the invocation's first line and its last: the stream goes on with those after it.
  const ofHeap = await findLines(group, { phrase: heapExhausted, from: at, to: last.at, stream }, signal);
  const messages = [...lines, ...ofHeap].map(({ message }) => message);
  return { cause: judgeLines(messages, timeoutMs), requestId, logStream: stream };
}
