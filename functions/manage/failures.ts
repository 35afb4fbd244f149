import type { FailedEntry, JobStore } from '../../core/change.ts';
import {
  encodePosition,
  failuresFilterOf,
  groupFailures,
  type Position,
  viewOfGroup,
} from '../../core/failures.ts';
import { noFingerprint } from '../../core/fingerprint.ts';
import { isMeant, type ManyFilter } from '../../core/many.ts';
import type { JobRecord } from '../../core/table.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { failedPage } from '../operate/pages.ts';

/** One answer looks at no more failed jobs than this, some 20 reads of the index. */
const maxLookedAt = 4_000;
const pageSize = 1_000;

/**
 * GET …/jobs/failures: failed jobs in groups of alike ones. It counts what this answer has looked at; with a
 * cursor there is more, and the same group may come again: whoever reads on adds the counts up.
 */
export async function getFailures(
  { store, now }: { store: JobStore; now: () => number },
  { tenant, query }: ApiRequest,
): Promise<ApiAnswer> {
  const asked = failuresFilterOf(query, now());
  if (!asked.ok) return asked;
  const { filter, from } = asked.value;
  const { entries, looked, next } = await readFailures(store, tenant, filter, from);
  const groups = groupFailures(once(entries));
  const records = await store.get(groups.flatMap(({ examples }) => examples));
  const views = groups.flatMap((group) => {
    const [first, ...more] = group.examples.flatMap(
      ({ sk }) => records.find((each) => each?.sk === sk && isStill(each, group.fingerprint)) ?? [],
    );
    // All its examples have just been retried: the index will soon say so.
    return first === undefined ? [] : [viewOfGroup(group, [first, ...more])];
  });
  const cursor = next === undefined ? {} : { cursor: encodePosition(next) };
  return { status: 200, body: { groups: views, looked_at: looked, ...cursor } };
}

async function readFailures(store: JobStore, tenant: string, filter: ManyFilter, from: Position) {
  const entries: FailedEntry[] = [];
  let looked = 0;
  let next: Position | undefined = from;
  while (next !== undefined && looked < maxLookedAt) {
    const limit = Math.min(pageSize, maxLookedAt - looked);
    const page: Awaited<ReturnType<typeof failedPage>> = await failedPage(store, tenant, filter, next, limit);
    looked += page.looked.length;
    entries.push(...page.looked.filter((each) => isMeant(each, filter)));
    next = page.next;
  }
  return { entries, looked, next };
}

/** A job that is retried and fails again while the index is read may come twice: it is counted by its last failure. */
function once(entries: readonly FailedEntry[]): FailedEntry[] {
  return [...new Map(entries.map((each) => [each.sk, each])).values()];
}

function isStill({ status, fingerprint = noFingerprint }: JobRecord, of: string): boolean {
  return status === 'failed' && fingerprint === of;
}
