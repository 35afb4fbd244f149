import { csvReport } from './contract.ts';
import { markdownOf } from './markdown.ts';
import { namedSummaries, reportOf } from './report.ts';

export default csvReport.run(async (payload) => {
  const report = reportOf(payload.title ?? 'CSV report', namedSummaries(payload));
  return { ...report, markdown: markdownOf(report) };
});
