/** Waits until every accepted job is final, as long as something happens. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Job } from '../../core/api.ts';
import { isFinal } from '../../core/state.ts';
import type { AcceptedJob, Load } from './load.ts';
import type { Witness } from './witness.ts';

/**
 * Nothing for so long is the end of hope: a lost message shows again after its lane's visibility (105 s for the
 * longest), an entry is looked at every minute.
 */
const stillMs = 240_000;
const pollMs = 500;
const tellMs = 10_000;
/** Of how many open jobs the record is asked at a time. */
const askedAtOnce = 8;

/** The records of all accepted jobs, as the API has them, when all are final or nothing happens any more. */
export async function settleAll(
  load: Load,
  witness: Witness,
  say: (line: string) => void,
): Promise<Map<string, Job>> {
  const accepted = load.accepted();
  const found = new Map<string, Job>();
  let dueAt = 0;
  for (let toldAt = 0; ; ) {
    const open = accepted.filter(({ id }) => !isFinal(found.get(id)?.status ?? 'pending'));
    if (open.length === 0) return found;
    if (Date.now() - Math.max(witness.lastStepAt, dueAt) > stillMs) return found;
    // Who was seen to finish is asked first; a record whose last write nobody saw is asked with the rest.
    const seen = open.filter(({ id }) => witness.isFinal(id));
    const asked = seen.length > 0 ? seen : open.slice(0, 100);
    for (const job of await readAll(load, asked)) {
      found.set(job.id, job);
      if (!isFinal(job.status)) dueAt = Math.max(dueAt, Date.parse(job.available_at));
    }
    if (Date.now() - toldAt > tellMs) {
      say(`${open.length} of ${accepted.length} jobs are not final yet`);
      toldAt = Date.now();
    }
    if (seen.length === 0) await pause(pollMs);
  }
}

async function readAll(load: Load, jobs: readonly AcceptedJob[]): Promise<Job[]> {
  const left = [...jobs];
  const read: Job[] = [];
  const reader = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      read.push(await load.clientOf(next.tenant).get(next.id));
  };
  await Promise.all(Array.from({ length: askedAtOnce }, reader));
  return read;
}
