import type { Job } from '../../core/api.ts';

export const jobId = '019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03';
export const otherId = '019aa0f2-6c1f-7c4d-8a1b-0d2e4f608105';

/** A pending echo job as the API shows it. */
export function aJob(fields: Partial<Job> = {}): Job {
  return {
    id: jobId,
    tenant: 'default',
    type: 'echo',
    queue: 'default',
    lane: 'normal',
    priority: 4,
    status: 'pending',
    attempt: 0,
    max_attempts: 5,
    timeout_seconds: 30,
    tags: [],
    created_at: '2026-11-22T03:00:00.000Z',
    available_at: '2026-11-22T03:00:00.000Z',
    created_by: 'arn:aws:iam::000000000000:root',
    ...fields,
  };
}

/** A job that used up its attempts. */
export function aFailedJob(fields: Partial<Job> = {}): Job {
  return aJob({
    status: 'failed',
    attempt: 2,
    max_attempts: 2,
    started_at: '2026-11-22T03:00:30.000Z',
    finished_at: '2026-11-22T03:00:31.500Z',
    last_error: { code: 'network', cause: 'transient_error', attempt: 2, at: '2026-11-22T03:00:31.500Z' },
    ...fields,
  });
}

/** What `/errors` tells of `aFailedJob`. */
export const someErrors = {
  errors: [1, 2].map((attempt) => ({
    code: 'network',
    cause: 'transient_error',
    message: `connect ECONNREFUSED ${attempt}`,
    stack: `Error: connect\n    at attempt${attempt}`,
    attempt,
    run: attempt,
    at: '2026-11-22T03:00:31.500Z',
  })),
};
