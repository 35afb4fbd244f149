import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { csvReport } from '../../../jobs/csv.report/contract.ts';
import run from '../../../jobs/csv.report/run.ts';
import type { ColumnSummary } from '../../../jobs/csv.summarize/contract.ts';
import summarizeRun from '../../../jobs/csv.summarize/run.ts';
import { jobContext } from '../context.ts';

function column(name: string, type: ColumnSummary['type'], missing = 0, count = 10): ColumnSummary {
  return { name, type, count, missing, distinct: { count, exact: true } };
}

function file(name: string, bytes: number, columns: ColumnSummary[]) {
  return { name, summary: { rows: 10, bytes, column_count: columns.length, columns } };
}

const orders = file('orders.csv', 2_500_000, [
  column('id', 'integer'),
  column('total', 'number', 1, 9),
  column('day', 'date'),
]);
const refunds = file('refunds.csv', 1_234, [
  column('id', 'string'),
  column('total', 'integer'),
  column('day', 'empty', 10, 0),
]);
const users = file('users.csv', 999, [column('id', 'integer'), column('email', 'string', 5, 5)]);

describe('csv.report', () => {
  it('takes summaries as a map gathers them: the names beside them, else their place', async () => {
    const summaries = [orders.summary, users.summary];
    const named = await run({ summaries, names: ['orders.csv', 'users.csv'] }, jobContext());
    expect(named).toEqual(await run({ summaries: [orders, users] }, jobContext()));
    const unnamed = await run({ summaries }, jobContext());
    expect(unnamed.biggest_files.map(({ name }) => name)).toEqual(['file 1', 'file 2']);
    const tooFew = z.safeParse(csvReport.payload, { summaries, names: ['orders.csv'] });
    expect(tooFew.error?.issues).toMatchObject([
      { path: ['names'], message: 'must be one for each of the summaries' },
    ]);
    const neither = z.safeParse(csvReport.payload, { summaries: [{ rows: 1 }] });
    expect(neither.error?.issues).toMatchObject([
      {
        path: ['summaries', 0],
        message: 'must be {"name": …, "summary": …}, or a summary as csv.summarize gives it',
      },
    ]);
  });

  it('adds up, ranks and compares', async () => {
    const { markdown: _, ...report } = await run({ summaries: [users, orders, refunds] }, jobContext());
    expect(report).toEqual({
      title: 'CSV report',
      files: 3,
      rows: 30,
      bytes: 2_502_233,
      columns: 8,
      biggest_files: [
        { name: 'orders.csv', rows: 10, bytes: 2_500_000, columns: 3 },
        { name: 'refunds.csv', rows: 10, bytes: 1_234, columns: 3 },
        { name: 'users.csv', rows: 10, bytes: 999, columns: 2 },
      ],
      columns_by_type: [
        { type: 'integer', columns: 3 },
        { type: 'string', columns: 2 },
        { type: 'date', columns: 1 },
        { type: 'empty', columns: 1 },
        { type: 'number', columns: 1 },
      ],
      emptiest_columns: [
        { file: 'refunds.csv', column: 'day', missing: 10, missing_percent: 100 },
        { file: 'users.csv', column: 'email', missing: 5, missing_percent: 50 },
        { file: 'orders.csv', column: 'total', missing: 1, missing_percent: 10 },
      ],
      shared_columns: [
        { name: 'id', files: 3, types: ['integer', 'string'], conflict: true },
        { name: 'total', files: 2, types: ['integer', 'number'], conflict: false },
        { name: 'day', files: 2, types: ['date', 'empty'], conflict: false },
      ],
    });
  });

  it('reads well', async () => {
    const { markdown } = await run({ title: 'March', summaries: [orders, refunds] }, jobContext());
    expect(markdown).toBe(`# March

**2 files** with **20 rows** in **6 columns**, 2.5 MB.

## Types at odds

Columns that share a name, but cannot be read as one type.

| Column | Files | Types |
| --- | ---: | --- |
| \`id\` | 2 | integer, string |

## Biggest files

| File | Rows | Columns | Size |
| --- | ---: | ---: | ---: |
| \`orders.csv\` | 10 | 3 | 2.5 MB |
| \`refunds.csv\` | 10 | 3 | 1.2 kB |

## Columns by type

| Type | Columns |
| --- | ---: |
| integer | 2 |
| date | 1 |
| empty | 1 |
| number | 1 |
| string | 1 |

## Emptiest columns

| File | Column | Missing | Share |
| --- | --- | ---: | ---: |
| \`refunds.csv\` | \`day\` | 10 | 100.0 % |
| \`orders.csv\` | \`total\` | 1 | 10.0 % |

## Shared columns

Columns that stand in several files and agree.

| Column | Files | Types |
| --- | ---: | --- |
| \`total\` | 2 | integer, number |
| \`day\` | 2 | date, empty |
`);
  });

  it('leaves out what there is nothing to say about', async () => {
    const { markdown } = await run({ summaries: [file('one.csv', 1, [column('a', 'date')])] }, jobContext());
    expect(markdown.match(/^#.*/gm)).toEqual(['# CSV report', '## Biggest files', '## Columns by type']);
    expect(markdown).toContain('**1 file** with **10 rows** in **1 column**, 1 B.');
  });

  it('lets no name act as Markdown or HTML', async () => {
    const name = '`a` | <img src=x>\n# b';
    const { markdown } = await run({ title: '<b>*x*\n# y', summaries: [file(name, 1, [])] }, jobContext());
    expect(markdown.split('\n')[0]).toBe('# \\<b\\>\\*x\\* \\# y');
    expect(markdown).toContain("| `'a' \\| <img src=x> # b` | 10 | 0 | 1 B |");
  });

  it('takes 500 summaries as csv.summarize gives them, and stays small', async () => {
    const summary = await summarizeRun({ csv: 'a,b\n1,\n2,x\n' }, jobContext());
    const summaries = Array.from({ length: 500 }, (_, n) => ({ name: `part-${n}.csv`, summary }));
    const payload = z.parse(csvReport.payload, { summaries });
    const result = await run(payload, jobContext());
    expect(z.parse(csvReport.result, result)).toMatchObject({ files: 500, rows: 1_000, columns: 1_000 });
    expect([result.biggest_files.length, result.emptiest_columns.length]).toEqual([20, 20]);
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(10_000);
  });
});
