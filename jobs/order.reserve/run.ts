import { ask } from './ask.ts';
import { orderReserve } from './contract.ts';

export default orderReserve.run(async ({ service, order, items }, job) => ({
  reservation: await ask(job, 'reservation', service, '/reservations', { order, items }),
}));

export const compensate = orderReserve.compensate(async ({ service, order }, { reservation }, job) => {
  await ask(job, 'release', service, `/reservations/${reservation}/release`, { order });
});
