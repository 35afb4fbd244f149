import { ask } from '../order.reserve/ask.ts';
import { orderShip } from './contract.ts';

export default orderShip.run(async ({ service, ...shipment }, job) => ({
  shipment: await ask(job, 'shipment', service, '/shipments', shipment),
}));
