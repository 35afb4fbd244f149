/** What the demo sends, and what must become of it. Nothing here calls anything. */
import { type EnqueueRequest, maxPayloadBytes } from '../../core/api.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { FinalState } from '../../core/state.ts';
import type { FailureCause } from '../../core/table.ts';
import { csvReport } from '../../jobs/csv.report/contract.ts';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { echo } from '../../jobs/echo/contract.ts';
import { webhookDeliver } from '../../jobs/webhook.deliver/contract.ts';
import { type CsvFile, summarizePayload } from './files.ts';
import { sinkPaths } from './sink.ts';

/** How a job must end. */
export interface Ending {
  status: FinalState;
  error?: { code: ErrorCode; cause: FailureCause };
}

/** Every kind of job that the demo sends, under the tag that its jobs carry beside the run's own. */
export const cases = {
  file: { type: csvSummarize.type, status: 'completed' },
  part: { type: csvSummarize.type, status: 'completed' },
  megabyte: { type: csvSummarize.type, status: 'completed' },
  malformed: {
    type: csvSummarize.type,
    status: 'failed',
    error: { code: 'validation', cause: 'permanent_error' },
  },
  report: { type: csvReport.type, status: 'completed' },
  row: { type: echo.type, status: 'completed' },
  later: { type: echo.type, status: 'completed' },
  twice: { type: echo.type, status: 'completed' },
  hook: { type: webhookDeliver.type, status: 'completed' },
  'hook-busy': { type: webhookDeliver.type, status: 'completed' },
  'hook-refused': {
    type: webhookDeliver.type,
    status: 'failed',
    error: { code: 'rejected', cause: 'permanent_error' },
  },
} as const satisfies Record<string, Ending & { type: string }>;

export type CaseName = keyof typeof cases;

/** One request and what it is. */
export interface Planned {
  case: CaseName;
  request: EnqueueRequest;
  /** The file that a job of case `file` is about. */
  file?: string;
}

/** What is sent before the report, which needs the answers to some of it. */
export interface Plan {
  /** Sent one by one. */
  singles: Planned[];
  /** Sent many at a time. */
  bulk: Planned[];
  /** Sent twice under one Idempotency-Key. */
  twice: Planned;
}

export const delaySeconds = 5;
const rowsPerPart = 500;
/** The line of the malformed CSV that is cut off after its first field. */
export const brokenLine = 100;
/** Payloads above this carry the tag `large`, and are read back. */
export const largeBytes = 32 * 1024;

const counts = { rowsAlone: 100, rows: 700, later: 20, hooks: 100, busy: 40, refused: 10 };

export interface PlanInput {
  /** The tag of this run. */
  run: string;
  files: CsvFile[];
  sinkUrl: string;
  secret: string;
}

/** All jobs but the report, priorities 0 to 9 in turn. */
export function planOf({ run, files, sinkUrl, secret }: PlanInput): Plan {
  let turn = 0;
  const planned = (name: CaseName, payload: unknown, more: Partial<EnqueueRequest> = {}): Planned => {
    const large = Buffer.byteLength(JSON.stringify(payload)) > largeBytes ? ['large'] : [];
    const tags = [run, name, ...large];
    return { case: name, request: { type: cases[name].type, payload, priority: turn++ % 10, tags, ...more } };
  };
  const hook = (name: CaseName, path: string) => (row: string) =>
    planned(name, { url: `${sinkUrl}${path}`, secret, body: { event: 'bird.struck', row } });

  const airports = linesOf(files, 'airports.csv').slice(1);
  const strikes = linesOf(files, 'birdstrikes.csv').slice(1);
  const zipcodes = linesOf(files, 'zipcodes.csv');
  const rows = take(airports, counts.rowsAlone + counts.rows);
  const rowJobs = rows.map((message) => planned('row', { message }));
  const hooks = take(strikes, counts.hooks + counts.busy + counts.refused);
  const refusedFrom = counts.hooks + counts.busy;
  return {
    singles: [
      ...files.map((file) => ({ ...planned('file', summarizePayload(file)), file: file.name })),
      planned('malformed', { csv: malformed(linesOf(files, 'stocks.csv')) }),
      planned('megabyte', { csv: filling(zipcodes) }),
      ...rowJobs.slice(0, counts.rowsAlone),
    ],
    bulk: [
      ...hooks.slice(counts.hooks, refusedFrom).map(hook('hook-busy', sinkPaths.busy)),
      ...hooks.slice(refusedFrom).map(hook('hook-refused', sinkPaths.refuses)),
      ...hooks.slice(0, counts.hooks).map(hook('hook', sinkPaths.ok)),
      ...take(airports, counts.later).map((message) =>
        planned('later', { message }, { delay_seconds: delaySeconds }),
      ),
      ...partsOf(zipcodes).map((csv) => planned('part', { csv })),
      ...rowJobs.slice(counts.rowsAlone),
    ],
    twice: planned('twice', { message: `the one job of this key in ${run}` }),
  };
}

/** The report that reads the summaries of the files together. */
export function reportPlan(run: string, summaries: unknown[]): Planned {
  const payload = { title: 'The CSV files of vega-datasets', summaries };
  return { case: 'report', request: { type: csvReport.type, payload, priority: 9, tags: [run, 'report'] } };
}

function linesOf(files: CsvFile[], name: string): string[] {
  const file = files.find((each) => each.name === name);
  if (file === undefined) throw new Error(`vega-datasets has no ${name}`);
  return file.text.trimEnd().split(/\r?\n/);
}

function take(lines: string[], count: number): string[] {
  if (lines.length < count) throw new Error(`${count} lines are needed, and there are ${lines.length}`);
  return lines.slice(0, count);
}

/** A large file as many small ones, each with the header. */
function partsOf([header = '', ...rows]: string[]): string[] {
  const starts = Array.from(
    { length: Math.ceil(rows.length / rowsPerPart) },
    (_, part) => part * rowsPerPart,
  );
  return starts.map((start) => `${[header, ...rows.slice(start, start + rowsPerPart)].join('\n')}\n`);
}

/** As many whole lines as a payload takes: just under 1 MiB of JSON. */
function filling(lines: string[]): string {
  let bytes = JSON.stringify({ csv: '' }).length;
  const end = lines.findIndex((line) => {
    bytes += Buffer.byteLength(JSON.stringify(`${line}\n`)) - 2;
    return bytes > maxPayloadBytes;
  });
  return lines
    .slice(0, end)
    .map((line) => `${line}\n`)
    .join('');
}

function malformed(lines: string[]): string {
  return lines.map((line, index) => `${index + 1 === brokenLine ? line.split(',')[0] : line}\n`).join('');
}
