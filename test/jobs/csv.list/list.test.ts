import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { jobErrorFields } from '../../../core/errors.ts';
import { csvList } from '../../../jobs/csv.list/contract.ts';
import run from '../../../jobs/csv.list/run.ts';
import { csvSummarize } from '../../../jobs/csv.summarize/contract.ts';
import { jobContext, rejection } from '../context.ts';

/** A job that can read one object, in two chunks. */
function manifest(text: string) {
  return jobContext({
    read: async (key) => {
      if (key !== 'in/manifest.txt') throw new Error(`asked for ${key}`);
      return (async function* () {
        yield Buffer.from(text.slice(0, 7));
        yield Buffer.from(text.slice(7));
      })();
    },
  });
}

const payload = { manifest: 'in/manifest.txt' };

it('lists what csv.summarize takes, in the order of the lines', async () => {
  const text = '# of Monday\r\nin/b.csv\r\n\r\nin/a.TSV\nin/readme.md\n  in/c.CSV  ';
  const result = await run(payload, manifest(text));
  expect(result).toEqual({
    files: [{ key: 'in/b.csv' }, { key: 'in/a.TSV', delimiter: '\t' }, { key: 'in/c.CSV' }],
    names: ['in/b.csv', 'in/a.TSV', 'in/c.CSV'],
    others: 1,
  });
  expect(z.safeParse(csvList.result, result).success).toBe(true);
  for (const file of result.files) expect(z.safeParse(csvSummarize.payload, file).success).toBe(true);
});

it('an empty manifest lists nothing', async () => {
  expect(await run(payload, manifest(''))).toEqual({ files: [], names: [], others: 0 });
});

it.each([
  ['in/a.csv\n../secret.csv', 'file 2 of the manifest is no key of an object'],
  ['a.csv\n'.repeat(501), 'the manifest names 501 files; at most 500 are taken'],
  ['#'.repeat(1_048_577), 'a manifest has at most 1048576 bytes'],
])('what no repeat can help fails for good: %#', async (text, message) => {
  const error = await rejection(run(payload, manifest(text)));
  expect(error.message).toBe(message);
  expect(jobErrorFields(error)).toMatchObject({ kind: 'permanent', code: 'validation' });
});
