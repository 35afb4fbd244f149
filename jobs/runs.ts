import type { Run } from '../core/define.ts';
import type { contracts } from './contracts.ts';

/** A handler as the worker holds it: its payload is `never` until the type's own contract has parsed it. */
export interface RunModule {
  default: Run<never, unknown>;
}

/**
 * Type → its handler, imported when the first job of that type arrives, so that a cold start loads no other.
 * `npm run types` refuses a contract without a handler, and a handler without a contract.
 */
export const runs: Readonly<Record<(typeof contracts)[number]['type'], () => Promise<RunModule>>> = {
  echo: () => import('./echo/run.ts'),
  'csv.summarize': () => import('./csv.summarize/run.ts'),
  'csv.report': () => import('./csv.report/run.ts'),
  'object.checksum': () => import('./object.checksum/run.ts'),
  'webhook.deliver': () => import('./webhook.deliver/run.ts'),
  'webhook.fanout': () => import('./webhook.fanout/run.ts'),
};
