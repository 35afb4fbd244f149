import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { madeId, orderId, service } from '../order.reserve/contract.ts';

/** Hands an order that is reserved and paid to the carrier: the last step, which nothing comes after to undo. */
export const orderShip = defineJob({
  type: 'order.ship',
  queue: 'webhooks',
  payload: z.strictObject({
    service,
    order: orderId,
    reservation: madeId,
    payment: madeId,
    country: z.string().check(z.regex(/^[A-Z]{2}$/, 'must be two letters (ISO 3166-1)')),
  }),
  result: z.object({ shipment: madeId }),
  timeoutSeconds: 20,
  retry: { maxAttempts: 8 },
});
