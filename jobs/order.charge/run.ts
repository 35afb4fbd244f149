import { ask } from '../order.reserve/ask.ts';
import { orderCharge } from './contract.ts';

export default orderCharge.run(async ({ service, order, amount_cents, currency }, job) => ({
  payment: await ask(job, 'payment', service, '/payments', { order, amount_cents, currency }),
}));

export const compensate = orderCharge.compensate(
  async ({ service, order, amount_cents, currency }, { payment }, job) => {
    await ask(job, 'refund', service, `/payments/${payment}/refunds`, { order, amount_cents, currency });
  },
);
