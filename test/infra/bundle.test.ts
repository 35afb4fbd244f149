import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type FunctionName, wiring } from '../../core/wiring.ts';
import { type Bundle, bundleFunctions, coldLoad } from '../../infra/bundle.ts';

let bundles: Record<FunctionName, Bundle>;
beforeAll(async () => {
  bundles = await bundleFunctions();
});

/** What Node may read before a function answers its first call. */
const coldBudgetBytes = 400 * 1024;

describe.each(Object.keys(wiring) as FunctionName[])('%s', (name) => {
  test('reads at most 400 KB at a cold start', () => {
    expect(coldLoad(bundles[name]).bytes).toBeLessThanOrEqual(coldBudgetBytes);
  });

  test('does not import HTTP the slow way', () => {
    const slow = ['node:http', 'node:https', 'node:http2', 'http', 'https', 'http2'];
    expect(coldLoad(bundles[name]).builtins.filter((each) => slow.includes(each))).toEqual([]);
  });

  test('does not read S3 at a cold start', () => {
    expect(coldLoad(bundles[name]).inputs.filter((each) => each.includes('client-s3'))).toEqual([]);
  });

  test('discovers no endpoints, and has no cache for them', () => {
    const { inputs } = coldLoad(bundles[name]);
    expect(inputs).toContain('infra/no-endpoint-cache.ts');
    expect(inputs.filter((each) => /mnemonist|endpointDiscoveryMiddleware/.test(each))).toEqual([]);
  });

  test('takes its credentials from the environment alone', () => {
    const inputs = Object.keys(bundles[name].metafile.inputs);
    expect(inputs).toContain('infra/env-credentials.ts');
    expect(inputs.filter((each) => /credential-provider-(?!env)/.test(each))).toEqual([]);
  });
});

test('job runs are read when a job of theirs runs', () => {
  const cold = coldLoad(bundles.work).inputs;
  expect(cold.filter((each) => /^jobs\/.*\/run\.ts$/.test(each))).toEqual([]);
  expect(Object.keys(bundles.work.metafile.inputs)).toContain('jobs/echo/run.ts');
});

test.each(['manage', 'work', 'operate', 'bury'] as const)(
  '%s reads what workflows are told with when a job of one ends',
  (name) => {
    expect(coldLoad(bundles[name]).inputs).not.toContain('functions/aws/workflows.ts');
    expect(Object.keys(bundles[name].metafile.inputs)).toContain('functions/aws/workflows.ts');
  },
);

test('what adds nodes to a workflow, CEL among it, is read when a job adds some', () => {
  const { inputs } = coldLoad(bundles.work);
  expect(inputs.filter((each) => /cel-js|core\/workflow\/plan|work\/enqueue/.test(each))).toEqual([]);
  expect(Object.keys(bundles.work.metafile.inputs)).toContain('functions/work/enqueue.ts');
  // It takes added nodes in, and plans none.
  expect(coldLoad(bundles.advance).inputs.filter((each) => /cel-js|workflow\/plan/.test(each))).toEqual([]);
});

test('the thread of long queues is a file of its own, which no other worker reads', () => {
  const entries = Object.values(bundles.work.metafile.outputs).map((each) => each.entryPoint);
  expect(entries).toContain('functions/work/thread.ts');
  const { inputs, builtins } = coldLoad(bundles.work);
  expect(inputs.filter((each) => /thread\.ts$/.test(each))).toEqual([]);
  expect(builtins).not.toContain('node:worker_threads');
  expect(existsSync(join(bundles.work.directory, 'thread.mjs'))).toBe(true);
});

test('the same source makes the same bundle', async () => {
  const again = await bundleFunctions();
  for (const name of Object.keys(wiring) as FunctionName[]) {
    expect(again[name].version).toBe(bundles[name].version);
  }
});

test('manage has the OpenAPI document beside it', () => {
  const path = join(bundles.manage.directory, 'openapi.json');
  expect(existsSync(path)).toBe(true);
  expect(JSON.parse(readFileSync(path, 'utf8')).openapi).toMatch(/^3\./);
});
