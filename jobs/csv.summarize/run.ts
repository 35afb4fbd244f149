import { csvSummarize } from './contract.ts';
import { summarize } from './summarize.ts';

export default csvSummarize.run(async (payload, job) => {
  const source = 'csv' in payload ? [Buffer.from(payload.csv)] : await job.read(payload.key);
  const summary = await summarize(source, { delimiter: payload.delimiter, signal: job.signal });
  job.log('csv summarized', { rows: summary.rows, bytes: summary.bytes, columns: summary.column_count });
  return summary;
});
