import type * as z from 'zod/mini';
import type { ColumnSummary, CsvSummary } from '../csv.summarize/contract.ts';
import type { csvReport } from './contract.ts';

/** Entries of every "top" list. */
const listed = 20;

type Payload = z.infer<typeof csvReport.payload>;
export interface NamedSummary {
  name: string;
  summary: CsvSummary;
}
export type Report = Omit<z.infer<typeof csvReport.result>, 'markdown'>;
type ColumnType = ColumnSummary['type'];

/** Each summary with its name: its own, the one given beside it, or its place. */
export function namedSummaries({ summaries, names = [] }: Payload): NamedSummary[] {
  return summaries.map((each, index) =>
    'summary' in each ? each : { name: names[index] ?? `file ${index + 1}`, summary: each },
  );
}

/** What many summaries say together. Pure; equal figures keep the order in which the files were given. */
export function reportOf(title: string, summaries: readonly NamedSummary[]): Report {
  const files = summaries.map(({ name, summary }) => ({
    name,
    rows: summary.rows,
    bytes: summary.bytes,
    columns: summary.column_count,
  }));
  const columns = summaries.flatMap(({ name, summary }) =>
    summary.columns.map((column) => ({ file: name, column })),
  );
  return {
    title,
    files: files.length,
    rows: sum(files.map(({ rows }) => rows)),
    bytes: sum(files.map(({ bytes }) => bytes)),
    columns: sum(files.map(({ columns }) => columns)),
    biggest_files: files.toSorted((a, b) => b.bytes - a.bytes).slice(0, listed),
    columns_by_type: columnsByType(columns.map(({ column }) => column.type)),
    emptiest_columns: columns
      .filter(({ column }) => column.missing > 0)
      .map(({ file, column: { name, count, missing } }) => ({
        file,
        column: name,
        missing,
        missing_percent: Math.round((missing / (count + missing)) * 1_000) / 10,
      }))
      .sort((a, b) => b.missing_percent - a.missing_percent || b.missing - a.missing)
      .slice(0, listed),
    shared_columns: sharedColumns(columns),
  };
}

function columnsByType(types: ColumnType[]): Report['columns_by_type'] {
  return [...Map.groupBy(types, (type) => type)]
    .map(([type, { length }]) => ({ type, columns: length }))
    .sort((a, b) => b.columns - a.columns || a.type.localeCompare(b.type));
}

/** Columns that stand in at least two files under one name: conflicts first, then the most widespread. */
function sharedColumns(columns: { file: string; column: ColumnSummary }[]): Report['shared_columns'] {
  return [...Map.groupBy(columns, ({ column }) => column.name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => {
      const types = [...new Set(places.map(({ column }) => column.type))].sort();
      return { name, files: places.length, types, conflict: conflicting(types) };
    })
    .sort((a, b) => Number(b.conflict) - Number(a.conflict) || b.files - a.files)
    .slice(0, listed);
}

/** Integers are numbers, and an empty column goes with anything; every other pair is at odds. */
function conflicting(types: ColumnType[]): boolean {
  const kinds = types
    .filter((type) => type !== 'empty')
    .map((type) => (type === 'integer' ? 'number' : type));
  return new Set(kinds).size > 1;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
