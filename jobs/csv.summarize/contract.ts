import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';

/** What a column may be, narrowest that fits all its cells. `empty`: it has no value at all. */
export const columnTypes = ['integer', 'number', 'boolean', 'date', 'string', 'empty'] as const;

const count = z.int().check(z.nonnegative());

const columnSummary = z.object({
  name: z.string(),
  type: z.enum(columnTypes),
  /** Cells with a value; `missing`: cells that are empty or white space. Together they are the rows. */
  count,
  missing: count,
  /** Different values after trimming. `exact: false`: more than `count`, which is where counting stopped. */
  distinct: z.object({ count, exact: z.boolean() }),
  /** Numbers for numeric columns, else text: dates in order of time, strings in order of UTF-16 code units. */
  min: z.optional(z.union([z.number(), z.string()])),
  max: z.optional(z.union([z.number(), z.string()])),
  mean: z.optional(z.number()),
  /** Numeric columns. Exact for the first 4,096 values, then from a sample of that size (`quantiles.ts`). */
  quantiles: z.optional(z.object({ p25: z.number(), p50: z.number(), p75: z.number(), p95: z.number() })),
});

/** What is known about a CSV file; always below 100 KB, whatever the file holds. */
export const csvSummary = z.object({
  rows: count,
  bytes: count,
  /** All columns of the file; `columns` describes the first 150. */
  column_count: count,
  columns: z.array(columnSummary),
});

export type ColumnSummary = z.infer<typeof columnSummary>;
export type CsvSummary = z.infer<typeof csvSummary>;

/** The key of an object of the data bucket, below `tenants/{tenant}/`. */
export const objectKey = z.string().check(
  z.minLength(1),
  z.maxLength(512),
  // The worker prefixes `tenants/{tenant}/`; no segment may climb out of it or be empty.
  z.refine(
    (value) => !value.split('/').some((part) => part === '' || part === '.' || part === '..'),
    'must be a relative key: no slash at either end, no empty, "." or ".." segment',
  ),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  z.regex(/^[^\x00-\x1f\x7f\\]*$/, 'must hold no control characters and no backslash'),
);

const delimiter = z.optional(z.enum([',', ';', '\t', '|']));

/** Profiles a CSV, given as text or as an object of the data bucket: types, ranges, gaps, quantiles. */
export const csvSummarize = defineJob({
  type: 'csv.summarize',
  queue: 'default',
  payload: z.union(
    [z.strictObject({ csv: z.string(), delimiter }), z.strictObject({ key: objectKey, delimiter })],
    'must be {"csv": text} or {"key": name of an object}, with at most a "delimiter" beside it: comma, semicolon, tab or |',
  ),
  result: csvSummary,
  timeoutSeconds: 60,
  retry: { maxAttempts: 5 },
});
