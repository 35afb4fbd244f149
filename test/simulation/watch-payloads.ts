import { isDeepStrictEqual } from 'node:util';
import { isFinal } from '../../core/state.ts';
import type { Stored } from '../../core/table.ts';
import type { Written } from './table.ts';
import type { Expect } from './watched.ts';

type Payload = Record<string, unknown> | undefined;

interface PayloadParts {
  /** What a sealed value holds. */
  open: (stored: Stored) => unknown;
  /** What an operation is to change in the payloads of the jobs that it retries. */
  patchOf: (operation: string | undefined) => Record<string, unknown> | undefined;
  expect: Expect;
}

/** Looks at what each job is given: what it was enqueued with, and what the redrives that retried it made of that. */
export function watchPayloads({ open, patchOf, expect }: PayloadParts) {
  const payloads = new Map<string, Payload>();
  /** The last job of each line of a call. */
  const made = new Map<string, string>();
  const check = (jobId: string, found: unknown, what: string): void => {
    const wanted = payloads.get(jobId);
    expect(
      isDeepStrictEqual(found, wanted),
      'a patch is for its jobs alone',
      () => `${jobId} ${what} ${JSON.stringify(found)}, and is to have ${JSON.stringify(wanted)}`,
    );
  };

  /** One record for each job of a call, repeated or not, until its key is free again. */
  function isOnly(script: string, jobId: string): void {
    const earlier = made.get(script) ?? jobId;
    made.set(script, jobId);
    expect(earlier === jobId, 'one key, one job', () => `${script} became ${earlier} and ${jobId}`);
  }

  return {
    /** It may become another job: the key of its call is free again. */
    again: (script: string): void => void made.delete(script),
    written({ before, after, change, by }: Written): void {
      if (after.status === 'void') return;
      if (before === undefined) {
        const payload = open(after.payload) as Payload;
        payloads.set(after.sk, payload);
        if (after.workflow === undefined && typeof payload?.script === 'string')
          isOnly(payload.script, after.sk);
        return;
      }
      const isRetry = isFinal(before.status) && change?.set.attempt === 0;
      const patch = isRetry ? patchOf(by.operation) : undefined;
      // Sent twice, it may find what it has written itself: a patch is the same a second time.
      if (patch !== undefined) payloads.set(after.sk, { ...payloads.get(after.sk), ...patch });
      if (patch !== undefined || change?.set.payload !== undefined)
        check(after.sk, open(after.payload), `is retried by ${by.name} with`);
    },
    started: (jobId: string, payload: unknown): void => check(jobId, payload, 'starts with'),
  };
}
