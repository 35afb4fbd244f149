import * as z from 'zod/mini';
import { PermanentError } from '../../core/errors.ts';
import { maxFiles } from '../csv.report/contract.ts';
import { objectKey } from '../csv.summarize/contract.ts';
import { csvList } from './contract.ts';

/** Of a manifest: far more than so many keys take. */
const maxBytes = 1024 * 1024;

export default csvList.run(async ({ manifest }, job) => {
  const lines = (await textOf(await job.read(manifest)))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
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

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new PermanentError(`a manifest has at most ${maxBytes} bytes`, 'validation');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
