import { createHash } from 'node:crypto';
import { type EffectsResponse, type ErrorsResponse, resultQuery } from '../../core/api.ts';
import type { JobStore } from '../../core/change.ts';
import { dependenciesOf } from '../../core/dependencies.ts';
import { isJobId } from '../../core/id.ts';
import { checkQuery, listFilterOf, parameterValue } from '../../core/list.ts';
import type { EffectsStore } from '../../core/once.ts';
import { type Problem, problem } from '../../core/problem.ts';
import { isFinal, type JobState } from '../../core/state.ts';
import { type JobRecord, jobKey, tenantOf } from '../../core/table.ts';
import { rfc3339, viewOf } from '../../core/view.ts';
import type { ApiAnswer, ApiRequest } from '../http.ts';
import { expired } from '../reopen.ts';
import type { Vault } from '../vault.ts';
import { listJobs } from './list.ts';

export interface ReadDeps {
  store: JobStore;
  vault: Vault;
  effects: EffectsStore;
  monotonic: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** The job of the path, or why there is none: unknown, void and another tenant's look the same. */
export async function findJob(
  store: JobStore,
  { tenant, id }: ApiRequest,
): Promise<{ record: JobRecord } | { problem: Problem }> {
  const [record] = isJobId(id) ? await store.get([jobKey(tenant, id)]) : [];
  if (record === undefined || record.status === 'void')
    return { problem: problem('not_found', `tenant "${tenant}" has no job "${id.slice(0, 64)}"`) };
  return { record };
}

export async function getJob({ store }: ReadDeps, request: ApiRequest): Promise<ApiAnswer> {
  const found = await findJob(store, request);
  if ('problem' in found) return found;
  const body = { ...viewOf(found.record), ...(await waitsFor(store, found.record)) };
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;
  const known = request.ifNoneMatch?.split(',').map((each) => each.trim().replace(/^W\//, ''));
  if (known?.some((each) => each === etag || each === '*')) return { status: 304, headers: { ETag: etag } };
  return { status: 200, body, headers: { ETag: etag } };
}

/** Of a job that waits for others: those that have not ended. */
async function waitsFor(
  store: JobStore,
  record: JobRecord,
): Promise<{ waits_for?: { id: string; status: JobState }[] }> {
  if (record.status !== 'waiting_dependencies') return {};
  const on = dependenciesOf(record);
  const found = await store.get(on.map(({ id }) => jobKey(tenantOf(record), id)));
  return {
    waits_for: found.flatMap((each) =>
      each === undefined || isFinal(each.status) ? [] : [{ id: each.sk, status: each.status as JobState }],
    ),
  };
}

export async function getPayload({ store, vault }: ReadDeps, request: ApiRequest): Promise<ApiAnswer> {
  const found = await findJob(store, request);
  if ('problem' in found) return found;
  const payload = await vault.open(found.record.payload, {
    tenant: request.tenant,
    jobId: request.id,
    field: 'payload',
  });
  if (payload === undefined) return { problem: expired };
  return { status: 200, body: { payload } };
}

/** Pauses between two looks of a long poll, ms: quick at first, then twice a second. */
const pollMs = [50, 100, 200, 300, 500];

/** The result; with `wait`, the answer is held back until the job is final or the time is over. */
export async function getResult(
  { store, vault, monotonic, sleep }: ReadDeps,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const query = Object.fromEntries(
    Object.entries(request.query).map(([name, values]) => [name, parameterValue(name, values)]),
  );
  const checked = checkQuery(resultQuery, query);
  if (!checked.ok) return checked;
  const until = monotonic() + (checked.value.wait ?? 0) * 1000;
  for (let look = 0; ; look++) {
    const found = await findJob(store, request);
    if ('problem' in found) return found;
    const { record } = found;
    if (isFinal(record.status)) return finalResult(vault, record, request);
    const leftMs = until - monotonic();
    if (leftMs <= 0) return { status: 202, body: { status: record.status } };
    await sleep(Math.min(leftMs, pollMs[look] ?? 500));
  }
}

async function finalResult(vault: Vault, record: JobRecord, { tenant, id }: ApiRequest): Promise<ApiAnswer> {
  const { status, result: stored } = record;
  if (status !== 'completed' || stored === undefined) {
    return {
      problem: problem(
        'no_result',
        `the job is ${status} and has no result; GET the job or its errors for the cause`,
      ),
    };
  }
  const result = await vault.open(stored, { tenant, jobId: id, field: 'result', fence: record.fence });
  if (result === undefined) return { problem: expired };
  return { status: 200, body: { status, result } };
}

export async function getErrors({ store, vault }: ReadDeps, request: ApiRequest): Promise<ApiAnswer> {
  const found = await findJob(store, request);
  if ('problem' in found) return found;
  const errors = (await vault.listErrors(request.tenant, request.id)) as ErrorsResponse['errors'];
  return { status: 200, body: { errors } };
}

export async function getEffects(
  { store, vault, effects }: ReadDeps,
  request: ApiRequest,
): Promise<ApiAnswer> {
  const { tenant, id: jobId } = request;
  const found = await findJob(store, request);
  if ('problem' in found) return found;
  const stored = Object.entries((await effects.read(jobId))?.effects ?? {});
  const views = stored
    .sort(([, a], [, b]) => a.storedAt - b.storedAt)
    .map(async ([key, effect]) => {
      const opened = await vault.open(effect, { tenant, jobId, field: 'effect', name: key });
      const { value = null } = opened as { value?: unknown };
      return { key, value, attempt: effect.attempt, run: effect.fence, at: rfc3339(effect.storedAt) };
    });
  const body: EffectsResponse = { effects: await Promise.all(views) };
  return { status: 200, body };
}

export async function getList({ store }: ReadDeps, request: ApiRequest): Promise<ApiAnswer> {
  const filter = listFilterOf(request.query);
  if (!filter.ok) return filter;
  const { records, cursor } = await listJobs(store, request.tenant, filter.value);
  return { status: 200, body: { jobs: records.map(viewOf), ...(cursor === undefined ? {} : { cursor }) } };
}
