import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { url } from '../webhook.deliver/contract.ts';

/** Where the shop's services answer; what is asked of them stands below it: `/reservations`, `/payments`, `/shipments`. */
export const service = url;
/** The shop's own number of the order. */
export const orderId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must match [A-Za-z0-9_-]{1,64}'));
/** What a service calls what it made. */
export const madeId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,100}$/, 'must match [A-Za-z0-9_-]{1,100}'));

/**
 * Takes the items of an order out of stock; undone, they are given back. The first of the three steps of an order
 * (`order.charge`, `order.ship`): the example of a saga.
 */
export const orderReserve = defineJob({
  type: 'order.reserve',
  queue: 'webhooks',
  payload: z.strictObject({
    service,
    order: orderId,
    items: z
      .array(
        z.strictObject({
          sku: z.string().check(z.minLength(1), z.maxLength(64)),
          quantity: z.int().check(z.positive()),
        }),
      )
      .check(z.minLength(1), z.maxLength(100)),
  }),
  result: z.object({ reservation: madeId }),
  timeoutSeconds: 20,
  retry: { maxAttempts: 8 },
  compensates: true,
});
