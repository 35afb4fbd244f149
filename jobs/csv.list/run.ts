import * as z from 'zod/mini';
import { PermanentError } from '../../core/errors.ts';
import { maxFiles } from '../csv.report/contract.ts';
import { objectKey } from '../csv.summarize/contract.ts';
import { csvList } from './contract.ts';
import { linesOf } from './manifest.ts';

export default csvList.run(async ({ manifest }, job) => {
  const lines = await linesOf(await job.read(manifest));
  const keys = lines.filter((line) => /\.(csv|tsv)$/i.test(line));
  if (keys.length > maxFiles)
    throw new PermanentError(
      `the manifest names ${keys.length} files; at most ${maxFiles} are taken`,
      'validation',
    );
  const bad = keys.findIndex((key) => !z.safeParse(objectKey, key).success);
  if (bad >= 0)
    throw new PermanentError(`file ${bad + 1} of the manifest is no key of an object`, 'validation');
  return {
    files: keys.map((key) => (/\.tsv$/i.test(key) ? { key, delimiter: '\t' as const } : { key })),
    names: keys,
    others: lines.length - keys.length,
  };
});
