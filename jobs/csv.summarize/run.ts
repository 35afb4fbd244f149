import { csvSummarize } from './contract.ts';

export default csvSummarize.run(async () => {
  throw new Error('not built yet');
});
