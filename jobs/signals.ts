import * as z from 'zod/mini';
import { defineSignal, type SignalContract } from '../core/define.ts';

/** A person's yes or no. What follows it looks at `results.<node>.approved`. */
export const approval = defineSignal({
  name: 'approval',
  payload: z.strictObject({
    approved: z.boolean(),
    by: z.optional(z.string().check(z.maxLength(200))),
    note: z.optional(z.string().check(z.maxLength(2_000))),
  }),
});

/** Every signal that nodes of workflows may wait for. */
export const signals = [approval] as const satisfies readonly SignalContract[];
