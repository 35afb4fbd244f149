import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { jobErrorFields } from '../../../core/errors.ts';
import { plan } from '../../../core/workflow/plan.ts';
import type { NodeRequest } from '../../../core/workflow/request.ts';
import { contracts } from '../../../jobs/contracts.ts';
import { csvCollect } from '../../../jobs/csv.collect/contract.ts';
import run from '../../../jobs/csv.collect/run.ts';
import { queues } from '../../../jobs/queues.ts';
import { jobContext, rejection } from '../context.ts';

/** Runs it on a manifest. @returns what it answers, and the nodes it adds */
async function collect(text: string, depth = 0) {
  const added: NodeRequest[] = [];
  const context = jobContext({
    read: async () =>
      (async function* () {
        yield Buffer.from(text);
      })(),
    enqueue: async (nodes) => void added.push(...nodes),
  });
  return { result: await run({ manifest: 'in/all.txt', depth }, context), added };
}

it('adds a summary for each file, a report over them, and itself for each manifest', async () => {
  const { result, added } = await collect('in/a.csv\n# more\nin/b.tsv\nin/north.txt\nin/readme.md\n');
  expect(result).toEqual({ files: 2, manifests: 1, others: 1 });
  expect(z.safeParse(csvCollect.result, result).success).toBe(true);
  expect(added).toEqual([
    { key: 'file-1', type: 'csv.summarize', payload: { key: 'in/a.csv' } },
    { key: 'file-2', type: 'csv.summarize', payload: { key: 'in/b.tsv', delimiter: '\t' } },
    {
      key: 'report',
      type: 'csv.report',
      payload: { title: 'in/all.txt', names: ['in/a.csv', 'in/b.tsv'], summaries: [] },
      from: { '/summaries/0': { node: 'file-1' }, '/summaries/1': { node: 'file-2' } },
    },
    { key: 'manifest-1', type: 'csv.collect', payload: { manifest: 'in/north.txt', depth: 1 } },
  ]);
  expect(plan(added, { queues, contracts, signals: [] }, 1_800_000_000_000).ok).toBe(true);
});

it('an empty manifest adds nothing', async () => {
  expect(await collect('')).toEqual({ result: { files: 0, manifests: 0, others: 0 }, added: [] });
});

it.each([
  ['a.csv\n'.repeat(501), 0, 'the manifest names 501 files; at most 500 are taken'],
  ['in/all.txt', 8, 'manifests lie 8 deep and go on; do two of them name each other?'],
])('what no repeat can help fails for good: %#', async (text, depth, message) => {
  const error = await rejection(collect(text, depth));
  expect(error.message).toBe(message);
  expect(jobErrorFields(error)).toMatchObject({ kind: 'permanent', code: 'validation' });
});
