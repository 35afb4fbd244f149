import type { Compensate, Run } from '../core/define.ts';
import type { contracts } from './contracts.ts';

/** A handler as the worker holds it: its payload is `never` until the type's own contract has parsed it. */
export interface RunModule {
  default: Run<never, unknown>;
}

/** Of a type whose contract says `compensates`: it can undo, too. */
export interface UndoableRunModule extends RunModule {
  compensate: Compensate<never, never>;
}

type Contract = (typeof contracts)[number];

/** Every type with the module that its contract asks for; one that compensates and can't is refused by `npm run types`. */
type Runs = {
  readonly [C in Contract as C['type']]: () => Promise<
    C extends { compensates: true } ? UndoableRunModule : RunModule & { compensate?: never }
  >;
};

/**
 * Type → its handler, imported when the first job of that type arrives, so that a cold start loads no other.
 * `npm run types` refuses a contract without a handler, and a handler without a contract.
 */
export const runs: Runs = {
  echo: () => import('./echo/run.ts'),
  'csv.list': () => import('./csv.list/run.ts'),
  'csv.collect': () => import('./csv.collect/run.ts'),
  'csv.summarize': () => import('./csv.summarize/run.ts'),
  'csv.report': () => import('./csv.report/run.ts'),
  'object.checksum': () => import('./object.checksum/run.ts'),
  'webhook.deliver': () => import('./webhook.deliver/run.ts'),
  'webhook.fanout': () => import('./webhook.fanout/run.ts'),
  'order.reserve': () => import('./order.reserve/run.ts'),
  'order.charge': () => import('./order.charge/run.ts'),
  'order.ship': () => import('./order.ship/run.ts'),
};
