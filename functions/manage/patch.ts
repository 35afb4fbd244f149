import { leftBy } from '../../core/change.ts';
import { judgePatch, type Patched, patchOf } from '../../core/patch.ts';
import { viewOf } from '../../core/view.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import { type ChangeDeps, throttled } from './change.ts';
import { findJob } from './read.ts';

/** Times a change is decided anew because the job moved on meanwhile. */
const tries = 5;

/** PATCH of a job that waits: its priority, its time, its tags. The record first, then a pointer where one is needed. */
export async function patchJob(deps: ChangeDeps, request: ApiRequest): Promise<ApiAnswer> {
  const body = readBody(request.body);
  if (!body.ok) return body;
  const patch = patchOf(body.value, deps.now());
  if (!patch.ok) return patch;
  for (let count = 0; count < tries; count++) {
    const found = await findJob(deps.store, request);
    if ('problem' in found) return found;
    const judged = judgePatch(found.record, patch.value, deps.now());
    if ('problem' in judged) return judged;
    const [result] = await deps.store.change([judged.change]);
    if (result === undefined || 'retry' in result) break;
    const left = leftBy(judged.change, result);
    if (left === undefined) continue;
    await send(deps, request, left.queue, judged);
    return { status: 200, body: viewOf(left) };
  }
  return { problem: throttled };
}

/** The change stands already: a pointer that cannot be sent now is sent by `release`, a minute or two after its time. */
async function send(
  { lanes, onError }: ChangeDeps,
  { tenant, id }: ApiRequest,
  queue: string,
  { send }: Patched,
): Promise<void> {
  if (send === undefined) return;
  await lanes
    .deliver([{ queue, pointer: { tenant, jobId: id }, ...send }])
    .catch((error: unknown) =>
      onError('the pointer of a changed job could not be sent: release will', error),
    );
}
