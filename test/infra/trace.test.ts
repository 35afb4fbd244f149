import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { bundleFunctions, sourceMapsOf } from '../../infra/bundle.ts';
import { traced } from '../../infra/trace.ts';

const root = join(import.meta.dirname, '../..');
const { work } = await bundleFunctions();
const maps = await sourceMapsOf('work');

/** Where a text that is quoted begins in a file, its quote included, as a stack says it: from 1. */
function placeOf(text: string, file: string): string {
  const before = readFileSync(file, 'utf8').split(text)[0]!.split('\n');
  return `${before.length}:${before.at(-1)!.length}`;
}

it('a place in what is deployed becomes the place in its source', () => {
  const said = 'it is empty; the first line must hold';
  const deployed = Object.keys(work.metafile.outputs)
    .map((each) => join(root, each))
    .find((each) => readFileSync(each, 'utf8').includes(said))!;
  const source = 'jobs/csv.summarize/table.ts';
  const stack = `    at v (file:///var/task/${basename(deployed)}:${placeOf(said, deployed)})`;
  expect(traced(stack, maps)).toBe(`    at v (${source}:${placeOf(said, join(root, source))})`);
});

it('every deployed file that holds code has a map under its own name', () => {
  const files = Object.entries(work.metafile.outputs).filter(
    ([, { inputs }]) => Object.keys(inputs).length > 0,
  );
  expect([...maps.keys()]).toEqual(expect.arrayContaining(files.map(([path]) => basename(path))));
});

it('what no map knows stays as it is', () => {
  const stack = 'Error: no\n    at async l (/var/task/other.mjs:2:7)\n    at node:internal/timers:5:1';
  expect(traced(stack, maps)).toBe(stack);
});
