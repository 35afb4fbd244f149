import { isJobId } from './id.ts';

/** What a lane carries: where the job's record is, and nothing of the job. */
export interface Pointer {
  tenant: string;
  jobId: string;
}

export const tenantPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The body of the pointer's SQS message. */
export function encodePointer(pointer: Pointer): string {
  return JSON.stringify({ v: 1, tenant: pointer.tenant, job: pointer.jobId });
}

/** The pointer in a message body, or undefined for whatever else was put into the lane. */
export function decodePointer(body: string): Pointer | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { v, tenant, job } = parsed as Record<string, unknown>;
  if (v !== 1 || typeof tenant !== 'string' || typeof job !== 'string') return undefined;
  if (!tenantPattern.test(tenant) || !isJobId(job)) return undefined;
  return { tenant, jobId: job };
}
