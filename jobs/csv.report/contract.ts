import * as z from 'zod/mini';
import { defineJob } from '../../core/define.ts';
import { columnTypes, csvSummary } from '../csv.summarize/contract.ts';

/** Files that one report takes. */
export const maxFiles = 500;

const name = z.string().check(z.minLength(1), z.maxLength(512));
const columnType = z.enum(columnTypes);

const named = z.object({ name, summary: csvSummary });

/**
 * Reads many summaries together (the end of a fan-in): what there is, what is big, empty or at odds. Summaries come
 * each with its name, or as a workflow's map gathers them, with the names beside them.
 */
export const csvReport = defineJob({
  type: 'csv.report',
  queue: 'default',
  payload: z
    .strictObject({
      title: z.optional(name),
      summaries: z
        .array(
          z.union(
            [named, csvSummary],
            'must be {"name": …, "summary": …}, or a summary as csv.summarize gives it',
          ),
        )
        .check(z.minLength(1), z.maxLength(maxFiles)),
      /** Of summaries without one, in their order. */
      names: z.optional(z.array(name)),
    })
    .check(
      z.refine(({ names, summaries }) => names === undefined || names.length === summaries.length, {
        message: 'must be one for each of the summaries',
        path: ['names'],
      }),
    ),
  result: z.object({
    title: z.string(),
    files: z.number(),
    rows: z.number(),
    bytes: z.number(),
    columns: z.number(),
    biggest_files: z.array(
      z.object({ name: z.string(), rows: z.number(), bytes: z.number(), columns: z.number() }),
    ),
    columns_by_type: z.array(z.object({ type: columnType, columns: z.number() })),
    emptiest_columns: z.array(
      z.object({ file: z.string(), column: z.string(), missing: z.number(), missing_percent: z.number() }),
    ),
    /** Columns of the same name in several files; `conflict`: their types cannot be read as one. */
    shared_columns: z.array(
      z.object({ name: z.string(), files: z.number(), types: z.array(columnType), conflict: z.boolean() }),
    ),
    markdown: z.string(),
  }),
  timeoutSeconds: 30,
  retry: { maxAttempts: 5 },
});
