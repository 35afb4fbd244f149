import type { JobStore } from '../../core/change.ts';
import { judgeDependencies, mostWatchers, watchersOf } from '../../core/dependencies.ts';
import { type Checked, type Fault, problem } from '../../core/problem.ts';
import type { Draft } from '../../core/request.ts';
import { jobKey } from '../../core/table.ts';

/**
 * Reads what a job is to wait for: all of it must be this tenant's. If all has ended as it must, the job is one like
 * any other; if something ended otherwise, its first look cancels it.
 * @param now ms since the epoch
 */
export async function checkDependencies(
  store: Pick<JobStore, 'get'>,
  tenant: string,
  draft: Draft,
  now: number,
): Promise<Checked<Draft>> {
  if (draft.dependencies === undefined) return { ok: true, value: draft };
  const { on, delayMs } = draft.dependencies;
  const found = await store.get(on.map(({ id }) => jobKey(tenant, id)));
  const details = on.flatMap(({ id }, index): Fault[] => {
    const record = found[index];
    const path = `/dependencies/${index}`;
    if (record === undefined || record.status === 'void')
      return [{ path, message: `must be a job of tenant "${tenant}": it has no job "${id}"` }];
    if (record.finishedAt === undefined && watchersOf(record).length >= mostWatchers)
      return [
        { path, message: `must be awaited by at most ${mostWatchers} jobs; a workflow has no such limit` },
      ];
    return [];
  });
  if (details.length > 0)
    return {
      ok: false,
      problem: problem('invalid_dependency', 'the job cannot wait for these jobs', { details }),
    };
  if (judgeDependencies(on, found).do !== 'run') return { ok: true, value: draft };
  const availableAt = Math.max(draft.availableAt, now + delayMs);
  return { ok: true, value: { ...draft, availableAt, waits: false } };
}

/** A batch is taken in without a look at other jobs. */
export function refuseInBatch(draft: Checked<Draft>): Checked<Draft> {
  if (!draft.ok || draft.value.dependencies === undefined) return draft;
  return {
    ok: false,
    problem: problem('invalid_request', 'a job of a batch cannot wait for others', {
      details: [
        {
          path: '/dependencies',
          message: 'must not stand in a batch: send the job by itself, or all of them as a workflow',
        },
      ],
    }),
  };
}
