/** `npm run trace`: a stack of a deployed function from stdin, with the places in the source. `-- operate`: of that function. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { text } from 'node:stream/consumers';
import { type FunctionName, wiring } from '../core/wiring.ts';
import { sourceMapsOf } from './bundle.ts';

/** Each `….mjs:line:column` that one of the maps knows becomes `source:line:column`; all else stays as it is. */
export function traced(stack: string, maps: ReadonlyMap<string, SourceMapPayload>): string {
  return stack.replaceAll(
    /(?:file:\/\/)?[^\s()]*?([\w.-]+\.mjs):(\d+):(\d+)/g,
    (place, file: string, line: string, column: string) => {
      const map = maps.get(file);
      if (map === undefined) return place;
      const found = new SourceMap(map).findEntry(Number(line) - 1, Number(column) - 1);
      if (!('originalSource' in found) || found.originalSource === undefined) return place;
      return `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
    },
  );
}

if (import.meta.main) {
  const name = process.argv[2] ?? 'work';
  if (Object.hasOwn(wiring, name)) {
    const [stack, maps] = await Promise.all([text(process.stdin), sourceMapsOf(name as FunctionName)]);
    process.stdout.write(traced(stack, maps));
  } else {
    console.error(`there is no function "${name}"; there are ${Object.keys(wiring).join(', ')}`);
    process.exitCode = 2;
  }
}
