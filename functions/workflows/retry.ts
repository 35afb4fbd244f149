import { randomBytes } from 'node:crypto';
import { check, maxFaults } from '../../core/faults.ts';
import { mintedAtOf } from '../../core/id.ts';
import { type Checked, type Fault, type Problem, problem } from '../../core/problem.ts';
import { type Catalogue, checkPayload } from '../../core/request.ts';
import { retryWorkflowRequest } from '../../core/workflow/api.ts';
import { executionName, partNames, uniqueKeyAt, type WorkflowItem } from '../../core/workflow/item.ts';
import { encodeNews } from '../../core/workflow/news.ts';
import { maxRounds, type RetryMode, restart } from '../../core/workflow/retry.ts';
import { firstLookMs } from '../../core/workflow/watch.ts';
import { type Loaded, loader, partSealedAs } from '../advance/load.ts';
import { generationKey } from '../advance/results.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import type { Vault } from '../vault.ts';
import type { Executions, Reopening, Workflows } from '../workflows.ts';
import { findWorkflow, notWhile } from './find.ts';
import { holdUnique } from './unique.ts';
import { viewOf } from './view.ts';

export interface RetryDeps {
  workflows: Workflows;
  executions: Executions;
  vault: Pick<Vault, 'seal' | 'open'>;
  catalogue: Catalogue;
  now: () => number;
}

/** Time enough for the first advance, which takes the parts' time to live away. */
const leftMs = 60 * 60_000;

const allowed = 'only one that is failed, cancelled, compensated or compensation_failed can be retried';

/**
 * POST …/retry: begins an ended workflow anew, under a new execution. One write sets it going; what its nodes'
 * states become is the first advance's to write, which is harmless to repeat.
 */
export function retryWorkflow(deps: RetryDeps) {
  const { workflows, executions, vault, now } = deps;
  const graphs = loader(deps);
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    const { tenant, id } = request;
    const asked = readRetry(request);
    if (!asked.ok) return asked;
    const { mode = 'failed', payloads = {} } = asked.value;
    const found = await findWorkflow(workflows, request);
    if ('problem' in found) return found;
    const { item } = found;
    if (item.status === 'running' && item.retriedAt !== undefined && item.advances === 0) {
      // An earlier call that broke off, perhaps before its execution was started: starting twice is starting once.
      await executions.start(executionName(id, item.execution), { tenant, workflow: id });
      return { status: 202, body: viewOf(item) };
    }
    if (item.status === 'running' || item.status === 'completed') return notWhile(item, allowed);
    const undoes = item.status === 'compensation_failed';
    if (undoes && (mode === 'all' || Object.keys(payloads).length > 0))
      return notWhile(item, 'its undoing goes on first, with mode "failed" and no payloads');
    if (item.expiresAt !== undefined && item.expiresAt * 1000 < now() + leftMs)
      return {
        problem: problem(
          'payload_expired',
          'the workflow ended 30 days ago and is no longer kept whole; start it anew',
        ),
      };
    const round = (item.round ?? 0) + 1;
    if (round > maxRounds)
      return {
        problem: problem(
          'invalid_transition',
          `the workflow was retried ${maxRounds} times, which is the most; start it anew`,
        ),
      };
    const loaded = await graphs.load(tenant, id, item);
    const begun = restart(loaded.graph, loaded, { mode: undoes ? 'undo' : mode, round }).rounds;
    const patch = patchFrom(loaded, payloads, deps.catalogue, (node) => begun[node] === round);
    if (!patch.ok) return patch;

    if (item.unique !== undefined) {
      const other = await holdUnique(deps, tenant, uniqueKeyAt(item.unique), id);
      if (other !== undefined) return 'problem' in other ? other : taken(other.item.sk);
    }

    let patches = item.patches;
    if (Object.keys(patch.value).length > 0) {
      const name = `${round}-${randomBytes(6).toString('hex')}`;
      const plain = Buffer.from(JSON.stringify(patch.value));
      const sealed = await vault.seal(plain, partSealedAs(tenant, id, name));
      await workflows.keepPart(tenant, id, partNames.patch(name), sealed);
      patches = [...(patches ?? []), name];
    }
    await workflows.mark({ tenant, workflow: id, lookAt: now() + firstLookMs });
    const change = reopening(loaded, undoes ? 'undo' : mode, round, patches, now());
    if (!(await workflows.reopen(item, change))) {
      const current = await findWorkflow(workflows, request);
      if ('problem' in current) return current;
      // Else it was this very call: its answer was lost, and the SDK has sent it again.
      const { status, round: now, retriedAt } = current.item;
      if (status !== 'running' || now !== round || retriedAt !== change.set.retriedAt)
        return notWhile(current.item, allowed);
    }
    await executions.start(executionName(id, item.execution + 1), { tenant, workflow: id });
    const { finishedAt: _, expiresAt: __, ...rest } = item;
    return { status: 202, body: viewOf({ ...rest, ...change.set }) };
  };
}

function taken(by: string): { problem: Problem } {
  return { problem: problem('invalid_transition', `workflow "${by}" runs under the same unique_key`) };
}

function readRetry(
  request: ApiRequest,
): Checked<{ mode?: 'failed' | 'all'; payloads?: Record<string, unknown> }> {
  if (request.body.trim() === '') return { ok: true, value: {} };
  const body = readBody(request.body);
  if (!body.ok) return body;
  return check(
    retryWorkflowRequest,
    body.value,
    'invalid_request',
    'the retry is not as the API describes it',
  );
}

/** The payloads by their nodes' index, each checked against its type's schema: all faults at once. */
function patchFrom(
  { specs }: Loaded,
  payloads: Readonly<Record<string, unknown>>,
  { contracts }: Catalogue,
  isBegun: (node: number) => boolean,
): Checked<Record<number, unknown>> {
  const places: Fault[] = [];
  const misfits: Fault[] = [];
  const patch: Record<number, unknown> = {};
  const byKey = new Map(specs.map((spec, index) => [spec.key, index]));
  for (const [key, payload] of Object.entries(payloads)) {
    const path = `/payloads/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const index = byKey.get(key) ?? -1;
    const spec = specs[index];
    const contract = contracts.find((each) => each.type === spec?.job?.type);
    if (spec?.node.kind !== 'job' || contract === undefined) {
      places.push({ path, message: 'must name a node of this workflow that has a job of its own' });
      continue;
    }
    if (!isBegun(index)) {
      places.push({
        path,
        message: 'must be of a node that is begun anew; this one ended well: use mode "all"',
      });
      continue;
    }
    const fits = checkPayload(contract, payload);
    if (fits.ok) patch[index] = payload;
    else
      for (const each of fits.problem.details ?? [])
        misfits.push({ ...each, path: path + each.path.replace(/^\/payload/, '') });
  }
  if (places.length > 0)
    return {
      ok: false,
      problem: problem('invalid_request', 'the retry is not as the API describes it', {
        details: places.slice(0, maxFaults),
      }),
    };
  if (misfits.length > 0)
    return {
      ok: false,
      problem: problem('invalid_payload', 'a payload does not fit the job type of its node', {
        details: misfits.slice(0, maxFaults),
      }),
    };
  return { ok: true, value: patch };
}

function reopening(
  { item, states }: Loaded,
  mode: RetryMode,
  round: number,
  patches: string[] | undefined,
  now: number,
): Reopening {
  const undoes = mode === 'undo';
  const generations = { ...item.generations };
  // The state alone would not tell a compensation that failed from one begun anew.
  for (const [node, state] of states.entries()) {
    const key = generationKey(node, true);
    if (undoes && state === 'compensation_failed') generations[key] = (generations[key] ?? 0) + 1;
  }
  const set: Partial<WorkflowItem> = {
    status: 'running',
    phase: undoes ? 'compensating' : 'forward',
    round,
    retriedAt: now,
    execution: item.execution + 1,
    advances: 0,
    lookAt: now,
    stuck: false,
    unread: new Set([encodeNews({ of: 'retry', mode, round })]),
    ...(Object.keys(generations).length === 0 ? {} : { generations }),
    ...(patches === undefined ? {} : { patches }),
    // Who approved what was made has not seen what is made now; in mode "failed" what was approved stands.
    ...(mode === 'all' ? { signalsFrom: round } : {}),
    ...(item.timeoutAt === undefined
      ? {}
      : { timeoutAt: now + (item.timeoutAt - (item.retriedAt ?? mintedAtOf(item.sk))) }),
  };
  const always = ['finishedAt', 'expiresAt', 'stopped', 'token', 'deadlines'] as const;
  // Why its nodes failed stays true while it is only undone.
  return { set, remove: undoes ? always : [...always, 'causes'] };
}
