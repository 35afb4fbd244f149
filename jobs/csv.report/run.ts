import { csvReport } from './contract.ts';
import { markdownOf } from './markdown.ts';
import { reportOf } from './report.ts';

export default csvReport.run(async ({ title = 'CSV report', summaries }) => {
  const report = reportOf(title, summaries);
  return { ...report, markdown: markdownOf(report) };
});
