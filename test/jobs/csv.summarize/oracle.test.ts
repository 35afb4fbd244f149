import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { summarize } from '../../../jobs/csv.summarize/summarize.ts';

function summaryOf(csv: string) {
  return summarize([Buffer.from(csv)], { signal: new AbortController().signal });
}

describe('compared with a naive profile', () => {
  const cell = fc.oneof(
    { weight: 6, arbitrary: fc.integer().map((value) => ({ text: `${value}`, value, kind: 'integer' })) },
    {
      weight: 6,
      arbitrary: fc
        .integer({ min: -999, max: 999 })
        .map((n) => ({ text: `${n}.25`, value: Number(`${n}.25`), kind: 'number' })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', ' ', '\t').map((text) => ({ text, value: 0, kind: 'empty' })),
    },
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: fc.constantFrom('a', 'Z', 'é', '😀', ',', '"', '\n', '\r\n', ';') })
        .map((text) => ({ text: `w${text}w`, value: 0, kind: 'string' })),
    },
  );

  it('agrees on counts, types, ranges, means and quantiles', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 40 }), fc.boolean(), async (cells, spacious) => {
        const quoted = cells.map(({ text }) => `"${text.replaceAll('"', '""')}",${spacious ? ' ' : ''}\n`);
        const { rows, columns } = await summaryOf(`c,d\n${quoted.join('')}`);
        const full = cells.filter(({ kind }) => kind !== 'empty');
        const kinds = new Set(full.map(({ kind }) => kind));
        const column = columns[0]!;
        expect(rows).toBe(cells.length);
        expect(column.count).toBe(full.length);
        expect(column.missing).toBe(cells.length - full.length);
        expect(column.distinct).toEqual({ count: new Set(full.map(({ text }) => text)).size, exact: true });
        const type = kinds.has('string')
          ? 'string'
          : kinds.has('number')
            ? 'number'
            : kinds.has('integer')
              ? 'integer'
              : 'empty';
        expect(column.type).toBe(type);
        if (type !== 'number' && type !== 'integer') return;
        const sorted = full.map(({ value }) => value).sort((a, b) => a - b);
        expect(column.min).toBe(sorted[0]);
        expect(column.max).toBe(sorted.at(-1));
        const scale = Math.max(1, ...sorted.map(Math.abs));
        expect(column.mean! / scale).toBeCloseTo(
          sorted.reduce((a, b) => a + b, 0) / sorted.length / scale,
          9,
        );
        if (sorted.length % 2 === 1) expect(column.quantiles!.p50).toBe(sorted[(sorted.length - 1) / 2]);
        const { p25, p50, p75, p95 } = column.quantiles!;
        const ladder = [sorted[0]!, p25, p50, p75, p95, sorted.at(-1)!];
        expect(ladder).toEqual(ladder.toSorted((a, b) => a - b));
      }),
    );
  });
});
