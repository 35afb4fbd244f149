import { PermanentError } from '../../core/errors.ts';
import { linesOf } from '../csv.list/manifest.ts';
import { csvReport, maxFiles } from '../csv.report/contract.ts';
import { csvSummarize } from '../csv.summarize/contract.ts';
import { csvCollect, maxDepth } from './contract.ts';

export default csvCollect.run(async ({ manifest, depth }, job) => {
  const lines = await linesOf(await job.read(manifest));
  const files = lines.filter((line) => /\.(csv|tsv)$/i.test(line));
  const manifests = lines.filter((line) => /\.txt$/i.test(line));
  if (files.length > maxFiles)
    throw new PermanentError(
      `the manifest names ${files.length} files; at most ${maxFiles} are taken`,
      'validation',
    );
  if (manifests.length > 0 && depth >= maxDepth)
    throw new PermanentError(
      `manifests lie ${maxDepth} deep and go on; do two of them name each other?`,
      'validation',
    );
  // All or none: should this attempt die now, the next one adds the same, which is nothing.
  await job.enqueue([
    ...files.map((key, index) =>
      csvSummarize.node(`file-${index + 1}`, {
        payload: /\.tsv$/i.test(key) ? { key, delimiter: '\t' } : { key },
      }),
    ),
    ...(files.length === 0 ? [] : [reportOn(manifest, files)]),
    ...manifests.map((each, index) =>
      csvCollect.node(`manifest-${index + 1}`, { payload: { manifest: each, depth: depth + 1 } }),
    ),
  ]);
  return {
    files: files.length,
    manifests: manifests.length,
    others: lines.length - files.length - manifests.length,
  };
});

/** Starts when the last of them is summarised. */
function reportOn(title: string, files: readonly string[]) {
  const from = files.map((_, index) => [`/summaries/${index}`, { node: `file-${index + 1}` }] as const);
  return csvReport.node('report', {
    payload: { title, names: [...files], summaries: [] },
    from: Object.fromEntries(from),
  });
}
