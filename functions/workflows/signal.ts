import { isDeepStrictEqual } from 'node:util';
import type { SignalContract } from '../../core/define.ts';
import { check, mustBeOneOf } from '../../core/faults.ts';
import { type Checked, type Problem, problem } from '../../core/problem.ts';
import { signalRequest } from '../../core/workflow/api.ts';
import { partNames, type WorkflowItem } from '../../core/workflow/item.ts';
import { encodeNews } from '../../core/workflow/news.ts';
import { loader, signalSealedAs } from '../advance/load.ts';
import { type ApiAnswer, type ApiRequest, readBody } from '../http.ts';
import type { Vault } from '../vault.ts';
import { wake } from '../wake.ts';
import type { Executions, Workflows } from '../workflows.ts';
import { findWorkflow, notWhile } from './find.ts';
import { heardAt } from './late.ts';
import { viewOf } from './view.ts';

export interface SignalDeps {
  workflows: Workflows;
  executions: Executions;
  vault: Pick<Vault, 'seal' | 'open'>;
  signals: readonly SignalContract[];
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** An advance that was woken has come to its end by then. */
const looks = 20;
const betweenLooksMs = 250;

/**
 * POST …/signals/{name}: kept, sealed, whether it is awaited already or not; the first of a name stands, until a
 * retry begins everything anew. The same again is 200 and wakes the workflow once more, so that whoever got no answer
 * repeats it; another payload is 409, and so is one that comes after the deadline of all that waited for it. Within
 * seconds of the deadline it waits for what becomes of the node.
 */
export function sendSignal(deps: SignalDeps) {
  const { workflows, vault, now } = deps;
  const graphs = loader(deps);
  return async (request: ApiRequest): Promise<ApiAnswer> => {
    const { tenant, id, name = '' } = request;
    const payload = payloadOf(request, deps.signals);
    if (!payload.ok) return payload;
    const found = await findWorkflow(workflows, request);
    if ('problem' in found) return found;
    const { item } = found;
    const loaded = await graphs.load(tenant, id, item);
    if (!loaded.specs.some(({ signal }) => signal?.name === name))
      return {
        problem: problem('invalid_transition', `no node of this workflow waits for signal "${name}"`),
      };
    const as = signalSealedAs(tenant, item, name);
    const part = partNames.signal(name, item);
    const kept = async () => {
      const sealed = await workflows.part(tenant, id, part);
      return sealed === undefined ? undefined : { payload: await vault.open(sealed, as) };
    };
    const since = item.signalsFrom === undefined ? {} : { from: item.signalsFrom };
    let before = await kept();
    if (before === undefined) {
      if (item.status !== 'running') return notWhile(item, 'only one that is running takes signals');
      const storedAt = now();
      const heard = heardAt(loaded, name, storedAt, false);
      if (typeof heard === 'object') return heard;
      const sealed = await vault.seal(Buffer.from(JSON.stringify(payload.value)), as);
      if (!(await workflows.keepPart(tenant, id, part, { ...sealed, storedAt }))) before = await kept();
    }
    if (before !== undefined && !isDeepStrictEqual(before.payload, payload.value))
      return {
        problem: problem(
          'invalid_transition',
          `signal "${name}" was sent to this workflow before, with another payload; the first stands`,
        ),
      };
    await wake(deps, tenant, id, [encodeNews({ of: 'signal', name, ...since })]);
    const refused = await refusal(request, item);
    if (refused !== undefined) return refused;
    return { status: before === undefined ? 202 : 200, body: viewOf(item) };
  };

  /** Kept as a deadline passed, or a retry began, it may have come too late after all: who is told 2xx is heard. */
  async function refusal(
    { tenant, id, name = '' }: ApiRequest,
    { signalsFrom }: WorkflowItem,
  ): Promise<{ problem: Problem } | undefined> {
    for (let tries = 0; tries < looks; tries++) {
      const item = await workflows.get(tenant, id);
      if (item === undefined) return undefined;
      if (item.signalsFrom !== signalsFrom) break;
      const heard = heardAt(await graphs.load(tenant, id, item), name, now(), true);
      if (heard === 'heard') return undefined;
      if (heard !== 'undecided') return heard;
      await deps.sleep(betweenLooksMs);
    }
    return { problem: undecided };
  }
}

const undecided = problem('busy', 'the time for this signal is just over, or begins anew; repeat the call', {
  retryAfterSeconds: 5,
});

/** The payload as it was sent, checked against the signal's schema. */
function payloadOf({ name = '', body }: ApiRequest, signals: readonly SignalContract[]): Checked<unknown> {
  const read = readBody(body);
  if (!read.ok) return read;
  const shape = check(
    signalRequest,
    read.value,
    'invalid_request',
    'the signal is not as the API describes it',
  );
  if (!shape.ok) return shape;
  const contract = signals.find((each) => each.name === name);
  if (contract === undefined)
    return {
      ok: false,
      problem: problem('unknown_signal', `there is no signal "${name.slice(0, 64)}" in this release`, {
        details: [{ path: 'name', message: mustBeOneOf(signals.map((each) => each.name)) }],
      }),
    };
  const { payload } = shape.value;
  const fits = check(
    contract.payload,
    payload,
    'invalid_payload',
    `the payload does not fit signal "${name}"`,
  );
  if (fits.ok) return { ok: true, value: payload };
  const details = (fits.problem.details ?? []).map((each) => ({ ...each, path: `/payload${each.path}` }));
  return { ok: false, problem: { ...fits.problem, details } };
}
