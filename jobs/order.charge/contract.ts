import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { madeId, orderId, service } from '../order.reserve/contract.ts';

/** Takes the price of an order from its customer; undone, it is given back in full. */
export const orderCharge = defineJob({
  type: 'order.charge',
  queue: 'webhooks',
  payload: z.strictObject({
    service,
    order: orderId,
    amount_cents: z.int().check(z.positive()),
    currency: z.string().check(z.regex(/^[A-Z]{3}$/, 'must be three letters (ISO 4217)')),
  }),
  result: z.object({ payment: madeId }),
  timeoutSeconds: 20,
  retry: { maxAttempts: 8 },
  compensates: true,
});
