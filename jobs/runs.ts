import type { Run } from '../core/define.ts';

/** A handler as the worker holds it: its payload is `never` until the type's own contract has parsed it. */
export interface RunModule {
  default: Run<never, unknown>;
}

/** Type → its handler, imported when the first job of that type arrives, so that a cold start loads no other. */
export const runs: Readonly<Record<string, () => Promise<RunModule>>> = {
  echo: () => import('./echo/run.ts'),
  'csv.summarize': () => import('./csv.summarize/run.ts'),
  'csv.report': () => import('./csv.report/run.ts'),
  'webhook.deliver': () => import('./webhook.deliver/run.ts'),
};
