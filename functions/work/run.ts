import { maxPayloadBytes } from '../../core/api.ts';
import type { JobContext, JobContract, Run } from '../../core/define.ts';
import { isA, jobErrorFields, PermanentError, SystemError, TransientError } from '../../core/errors.ts';
import { check } from '../../core/faults.ts';
import { placeResult } from '../../core/placement.ts';
import type { Ending } from '../../core/renew.ts';
import { classify } from '../../core/retry.ts';
import type { Outcome } from '../../core/settle.ts';
import { type JobRecord, type Progress, type Stored, tenantOf } from '../../core/table.ts';
import { type Undoing, undoes } from '../../core/workflow/link.ts';
import type { Vault } from '../vault.ts';
import { adding } from './adding.ts';
import { type ContextDeps, contextOf } from './context.ts';
import type { EnqueueOf } from './enqueue.ts';
import type { Watch } from './lookout.ts';
import { LateAttempt } from './once.ts';
import { ours } from './ours.ts';
import { type ProgressDeps, progressWriter } from './progress.ts';
import { Snoozed } from './snooze.ts';

export interface RunDeps extends ContextDeps, ProgressDeps {
  vault: Vault;
  enqueueOf: EnqueueOf;
  contractOf: (type: string) => JobContract | undefined;
  /** `undoes`: the handler that undoes what a completed job did. */
  handlerOf: (type: string, undoes: boolean) => Promise<Run<never, unknown>>;
}

/** Until when this invocation may work, in ms from now: its lease and its function's deadline. */
export interface Room {
  leaseMs: number;
  functionMs: number;
  /** What a handler may take: all of that, but room for its settle; a lease that is renewed is no bound. */
  runMs: number;
}

/** What came of one job that was run. */
export interface Ran {
  outcome: Outcome;
  thrown?: unknown;
  /** How far it said it is, where that is not written yet. */
  told?: Progress | undefined;
}

/** A person asked for the end of a job while it ran. */
class Cancelled extends Error {
  override name = 'AbortError';
}

/** Runs one claimed job: open → handler, inside its time → outcome. Never throws: whatever goes wrong is the outcome. */
export function run(deps: RunDeps) {
  return async (record: JobRecord, room: () => Room, watch: Watch): Promise<Ran> => {
    // Its settle will be `cancelled`.
    if (record.cancelRequestedAt !== undefined) return { outcome: { kind: 'not_started' } };
    let ending: Error | undefined;
    let told: Progress | undefined;
    try {
      const contract = deps.contractOf(record.type);
      // Enqueue may be a release ahead while a deploy goes on: the next attempt may well know the type.
      if (contract === undefined)
        throw new TransientError(`job type "${record.type}" is not in this release`, 'unavailable');
      const payload = await reachPayload(deps.vault, record, contract);
      const handler = await ours(deps.handlerOf(record.type, undoes(record)));
      const timeoutMs = record.timeoutSeconds * 1000;
      // No verdict on the job and no count of it: another job that blocked the loop may have taken the time.
      if (timeoutMs > room().runMs) return { outcome: { kind: 'not_started' } };
      const returned = await inTime(
        deps,
        record,
        timeoutMs,
        watch,
        (error) => {
          ending ??= error;
        },
        (last) => {
          told = last;
        },
        (context) => handler(payload as never, context),
      );
      const result = await ours(sealResult(deps.vault, record, returned));
      return { outcome: { kind: 'returned', result }, told };
    } catch (thrown) {
      return { outcome: outcomeOf(thrown, ending), thrown, told };
    }
  };
}

/**
 * What becomes of an attempt that threw, whatever that is.
 * @param ending what ended the attempt, if something did: the same error of another attempt, which a handler may
 * have got by a promise that jobs share, is none of this one's
 */
function outcomeOf(thrown: unknown, ending: Error | undefined): Outcome {
  if (thrown === ending && ending instanceof Cancelled) return { kind: 'cancelled' };
  if (thrown === ending && ending instanceof LateAttempt) return { kind: 'overtaken' };
  if (isA(thrown, Unopened)) return { kind: 'unopened', failure: classify(thrown.cause) };
  if (isA(thrown, Snoozed)) return { kind: 'snoozed', delayMs: thrown.seconds * 1000 };
  return { kind: 'failed', failure: classify(thrown) };
}

/** The payload could not be had. What does not fit, or is gone, is a PermanentError and the job's own fault. */
class Unopened extends Error {
  override name = 'Unopened';
}

async function reachPayload(vault: Vault, record: JobRecord, contract: JobContract): Promise<unknown> {
  return ours(openPayload(vault, record, contract)).catch((error: unknown) => {
    if (jobErrorFields(error)?.kind === 'permanent') throw error;
    throw new Unopened('the payload could not be opened', { cause: error });
  });
}

async function openPayload(vault: Vault, record: JobRecord, contract: JobContract): Promise<unknown> {
  const opened = await vault.open(record.payload, {
    tenant: tenantOf(record),
    jobId: record.sk,
    field: 'payload',
  });
  if (opened === undefined) throw new PermanentError('the payload is no longer stored', 'invalid_payload');
  if (!undoes(record)) return fitting(contract, 'payload', opened);
  const { payload, result } = opened as Undoing;
  return {
    payload: fitting(contract, 'payload', payload),
    result: fitting(contract, 'result', result),
  } satisfies Undoing;
}

/** Sealed under an older release's schema, perhaps: checked again, a permanent error and not a crash. */
function fitting(contract: JobContract, part: 'payload' | 'result', value: unknown): unknown {
  const fits = check(
    contract[part],
    value,
    'invalid_payload',
    `the ${part} does not fit job type "${contract.type}"`,
  );
  if (fits.ok) return fits.value;
  const where = fits.problem.details?.map((each) => `${each.path} ${each.message}`).join('; ');
  throw new PermanentError(`${fits.problem.error}: ${where}`, 'invalid_payload');
}

/** The handler's promise, or its end by timeout, cancel, lost lease or a later attempt. A handler that ignores the signal is left behind. */
async function inTime(
  deps: RunDeps,
  record: JobRecord,
  timeoutMs: number,
  watch: Watch,
  onEnd: (error: Error) => void,
  onTold: (last: Progress | undefined) => void,
  start: (context: JobContext) => Promise<unknown>,
): Promise<unknown> {
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  // Nobody waits for it where the handler threw before it gave a promise, and that would end the process.
  over.catch(() => {});
  const end = (error: Error): void => {
    onEnd(error);
    // First, so that nothing a handler does on the signal becomes the outcome.
    reject(error);
    controller.abort(error);
  };
  const endFor = (why: Ending): void =>
    end(
      why === 'cancelled'
        ? new Cancelled('the job was cancelled')
        : new LateAttempt('the lease of this attempt is lost'),
    );
  const stopClock = deps.after(timeoutMs, () =>
    end(new SystemError(`the handler did not end within ${timeoutMs / 1000} s`, 'timeout')),
  );
  const progress = progressWriter(deps, record, endFor);
  const stopWatching = watch(record, endFor);
  const added = adding(deps.enqueueOf, record, controller.signal, () =>
    deps.log('job.enqueue was called and not awaited: the handler has returned, and nothing was added', {
      job_id: record.sk,
      type: record.type,
    }),
  );
  try {
    if (controller.signal.aborted) return await over;
    const more = { progress: progress.tell, enqueue: added.enqueue };
    const returned = await Promise.race([start(contextOf(deps, record, controller.signal, end, more)), over]);
    added.returned();
    return returned;
  } finally {
    stopClock();
    stopWatching();
    onTold(progress.stop());
    added.stop();
  }
}

/** The result, sealed under its fence, in the record while the whole record stays small, else stored before it. */
async function sealResult(vault: Vault, record: JobRecord, returned: unknown): Promise<Stored> {
  const plain = jsonOf(returned);
  if (plain.length > maxPayloadBytes) {
    throw new PermanentError(
      `the result has ${plain.length} bytes of JSON; at most ${maxPayloadBytes} are kept. Store it, and return where`,
      'validation',
    );
  }
  const as = { tenant: tenantOf(record), jobId: record.sk, field: 'result', fence: record.fence } as const;
  const sealed = await vault.seal(plain, as);
  const place = placeResult(
    { ...record, result: sealed, finishedAt: record.availableAt, expiresAt: record.availableAt },
    sealed,
  );
  return place === 'record' ? sealed : vault.putElsewhere(sealed, as, place);
}

function jsonOf(returned: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(returned ?? null));
  } catch {
    throw new PermanentError('the handler returned what JSON cannot hold', 'validation');
  }
}
