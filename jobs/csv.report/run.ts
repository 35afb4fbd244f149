import { csvReport } from './contract.ts';

export default csvReport.run(async () => {
  throw new Error('not built yet');
});
