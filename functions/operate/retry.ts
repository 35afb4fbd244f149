import { TransientError } from '../../core/errors.ts';
import type { RetryMany, SkipReason } from '../../core/many.ts';
import { skipReasons } from '../../core/many.ts';
import { mergePatch } from '../../core/merge-patch.ts';
import type { Done } from '../../core/operation.ts';
import type { Checked } from '../../core/problem.ts';
import { type JobRecord, type Stored, tenantOf } from '../../core/table.ts';
import { expired, payloadFor, type ReopenDeps, reopen } from '../reopen.ts';

/** Throttled rows are sent again after these pauses, ms; then the attempt fails, and the next goes on. */
export const pausesMs = [200, 500, 1_000, 2_000];

/** Retries jobs as a person's retry does one, each with its payload patched, if there is a patch. */
export function retryJobs(
  deps: ReopenDeps & { sleep: (ms: number) => Promise<void> },
  patch: RetryMany['patch'],
) {
  return async (records: readonly JobRecord[]): Promise<Done[]> => {
    const payloads = await payloadsFor(deps, records, patch);
    const done: Done[] = [];
    let open: { found: JobRecord; payload: Stored | undefined }[] = [];
    for (const [index, found] of records.entries()) {
      const payload = payloads[index] as Checked<Stored | undefined>;
      if (payload.ok) open.push({ found, payload: payload.value });
      else done.push({ id: found.sk, skipped: reasonOf(payload.problem.code) });
    }
    for (let tries = 0; open.length > 0; tries++) {
      const reopened = await reopen(deps, open);
      done.push(
        ...open.flatMap(({ found: { sk: id } }, index): Done[] => {
          const each = reopened[index];
          if (each === undefined || 'retry' in each) return [];
          return ['record' in each ? { id } : { id, skipped: 'changed' }];
        }),
      );
      open = open.filter((_, index) => 'retry' in (reopened[index] ?? { retry: true }));
      if (open.length > 0) await throttled(deps.sleep, tries);
    }
    return done;
  };
}

/** Waits before the next try, or throws after the last. */
export async function throttled(sleep: (ms: number) => Promise<void>, tries: number): Promise<void> {
  const pauseMs = pausesMs[tries];
  if (pauseMs === undefined) throw new TransientError('DynamoDB is throttling', 'database');
  await sleep(pauseMs);
}

/** Payloads that are open at the same time: each may have a megabyte, and parsed many times that. */
const openAtOnce = 10;

async function payloadsFor(
  deps: ReopenDeps,
  records: readonly JobRecord[],
  patch: RetryMany['patch'],
): Promise<Checked<Stored | undefined>[]> {
  const payloads: Checked<Stored | undefined>[] = [];
  for (let start = 0; start < records.length; start += openAtOnce) {
    const some = records.slice(start, start + openAtOnce);
    payloads.push(...(await Promise.all(some.map((each) => patched(deps, each, patch)))));
  }
  return payloads;
}

async function patched(
  deps: ReopenDeps,
  record: JobRecord,
  patch: RetryMany['patch'],
): Promise<Checked<Stored | undefined>> {
  if (patch === undefined) return payloadFor(deps, record, undefined);
  const as = { tenant: tenantOf(record), jobId: record.sk, field: 'payload' } as const;
  const payload = await deps.vault.open(record.payload, as);
  if (payload === undefined) return { ok: false, problem: expired };
  return payloadFor(deps, record, mergePatch(payload, patch));
}

function reasonOf(code: string): SkipReason {
  return skipReasons.find((each) => each === code) ?? 'changed';
}
