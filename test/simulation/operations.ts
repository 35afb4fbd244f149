import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { JobContext } from '../../core/define.ts';
import { operations, operationsQueue } from '../../core/operations.ts';
import type { ApiAnswer } from '../../functions/http.ts';
import { cancelMany, retryMany } from '../../functions/manage/many.ts';
import { operationHandlers } from '../../functions/operate/handlers.ts';
import { work } from '../../functions/work/work.ts';
import {
  common,
  contractOf,
  type Program,
  randomBytes,
  requestOf,
  telling,
  workerDeps,
} from './functions.ts';
import type { OperationPlan } from './operation-plan.ts';
import { keys, type Ports } from './ports.ts';
import type { Process } from './process.ts';

/** The functions that deal with many jobs at once, wired as their handlers wire them. */

export function askMany(
  process: Process,
  ports: Ports,
  { asked: { does, body }, key }: OperationPlan,
): Promise<ApiAnswer> {
  const deps = {
    ...common(process),
    ...ports,
    contractOf: contractOf(process),
    keys,
    randomBytes: randomBytes(process),
  };
  const by = key === undefined ? {} : { key };
  return does === 'retry'
    ? retryMany(deps, requestOf('retryMany', { body, ...by }))
    : cancelMany(deps, requestOf('cancelMany', { body, ...by }));
}

/** @param carryOut is given each start of an operation */
export function operateOn(
  program: Program,
  records: readonly SQSRecord[],
  carryOut: (
    operation: { type: string; asked: unknown },
    job: JobContext,
    run: () => Promise<unknown>,
  ) => Promise<unknown>,
  remainingMs: () => number,
): Promise<SQSBatchResponse> {
  const { process, ports } = program;
  const handlerOf = operationHandlers({
    ...common(process),
    ...ports,
    store: telling(process, ports),
    contractOf: contractOf(process),
    newOwner: () => Buffer.from(randomBytes(process)(9)).toString('base64url'),
    monotonic: process.monotonic,
    sleep: process.sleep,
  });
  const step = work({
    ...workerDeps(program, operationsQueue.name),
    contractOf: (type) => operations.find((each) => each.type === type),
    handlerOf: async (type) => {
      const run = await handlerOf(type);
      return (asked: never, job) => carryOut({ type, asked }, job, () => run(asked, job));
    },
  });
  return step(records, remainingMs, {}, process.name);
}
