import type { RetryMany } from '../../core/many.ts';
import type { Done } from '../../core/operation.ts';
import type { JobRecord, Stored } from '../../core/table.ts';
import { type ReopenDeps, reopen, storePayload } from '../reopen.ts';
import type { Changed } from './operate.ts';
import { type Misfit, retriedPayload } from './payload.ts';

/** Throttled rows are sent again after these pauses, ms; what is left then is for another start. */
export const pausesMs = [200, 500, 1_000, 2_000];

/** Retries jobs as a person's retry does one, each with its payload patched, if there is a patch. */
export function retryJobs(
  deps: ReopenDeps & { sleep: (ms: number) => Promise<void> },
  patch: RetryMany['patch'],
) {
  return async (records: readonly JobRecord[]): Promise<Changed> => {
    const payloads = await payloadsFor(deps, records, patch);
    const done: Done[] = [];
    let open: { found: JobRecord; payload: Stored | undefined }[] = [];
    for (const [index, found] of records.entries()) {
      const payload = payloads[index] as { stored?: Stored } | Misfit;
      if ('reason' in payload) done.push({ id: found.sk, skipped: payload.reason });
      else open.push({ found, payload: payload.stored });
    }
    // One time for every try: what an unheard send of a throttled row has written is known as this very change.
    const at = deps.now();
    for (let tries = 0; open.length > 0; tries++) {
      const reopened = await reopen(deps, open, at);
      done.push(
        ...open.flatMap(({ found: { sk: id } }, index): Done[] => {
          const each = reopened[index];
          if (each === undefined || 'retry' in each) return [];
          return ['record' in each ? { id } : { id, skipped: 'changed' }];
        }),
      );
      open = open.filter((_, index) => 'retry' in (reopened[index] ?? { retry: true }));
      if (open.length > 0 && !(await paused(deps.sleep, tries))) break;
    }
    return { done, left: open.map(({ found }) => found.sk) };
  };
}

/** Waits before the next try; false after the last. */
export async function paused(sleep: (ms: number) => Promise<void>, tries: number): Promise<boolean> {
  const pauseMs = pausesMs[tries];
  if (pauseMs === undefined) return false;
  await sleep(pauseMs);
  return true;
}

/** Payloads that are open at the same time: each may have a megabyte, and parsed many times that. */
const openAtOnce = 10;

async function payloadsFor(
  deps: ReopenDeps,
  records: readonly JobRecord[],
  patch: RetryMany['patch'],
): Promise<({ stored?: Stored } | Misfit)[]> {
  const payloads: ({ stored?: Stored } | Misfit)[] = [];
  for (let start = 0; start < records.length; start += openAtOnce) {
    const some = records.slice(start, start + openAtOnce);
    payloads.push(...(await Promise.all(some.map((each) => storedPayload(deps, each, patch)))));
  }
  return payloads;
}

async function storedPayload(
  deps: ReopenDeps,
  record: JobRecord,
  patch: RetryMany['patch'],
): Promise<{ stored?: Stored } | Misfit> {
  const payload = await retriedPayload(deps, record, patch);
  if ('reason' in payload) return payload;
  return payload.plain === undefined ? {} : { stored: await storePayload(deps.vault, record, payload.plain) };
}
