import type { JobContext } from '../../core/define.ts';

/** What a handler is given, for tests: nothing aborts, nothing can be read, local addresses may be called. */
export function jobContext(overrides: Partial<JobContext> = {}): JobContext {
  return {
    id: '0192f0c1-0000-7000-8000-000000000007',
    tenant: 'default',
    attempt: 1,
    signal: new AbortController().signal,
    log: () => {},
    progress: () => {},
    read: async () => {
      throw new Error('this test gave no object to read');
    },
    enqueue: async () => {
      throw new Error('this test expects no nodes');
    },
    once: async (key, perform) => await perform(`idempotency-key-of-${key}`),
    snooze: (seconds) => {
      throw new Error(`snoozed for ${seconds} s`);
    },
    settings: { allowPrivateAddresses: true },
    ...overrides,
  };
}

/** The rejection of a promise, with the fields the queue reads; fails if there is none. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}
