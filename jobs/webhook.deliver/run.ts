import { webhookDeliver } from './contract.ts';

export default webhookDeliver.run(async () => {
  throw new Error('not built yet');
});
