import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { BatchResponse, Job } from '../core/api.ts';
import { isFinal } from '../core/state.ts';
import { ageOf } from './duration.ts';
import { invokedAs } from './invoked.ts';

type Format = Parameters<typeof styleText>[0];

/** Control characters but tab, line feed and colours: text of jobs could otherwise move the cursor or worse. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const unsafe = /\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** Writes a line for people. */
export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

export function printable(line: string): string {
  return line.replace(unsafe, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Writes a document for machines. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Coloured where standard output is a terminal and NO_COLOR is not set. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** In the colour of a status; without a text, the status itself. */
export function paintStatus(status: string, text = status): string {
  const formats: Record<string, Format> = {
    completed: 'green',
    failed: 'red',
    cancelled: 'yellow',
    running: 'cyan',
    retrying: 'yellow',
    skipped: 'dim',
    compensating: 'magenta',
    compensated: 'magenta',
    compensation_failed: 'red',
  };
  const format = formats[status];
  return format === undefined ? text : paint(format, text);
}

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
  ...{ mid: '', 'mid-mid': '', middle: '  ' },
};

/** Aligned columns without lines, whole cells: for the eye as for grep. */
export function table(head: string[], rows: string[][]): string {
  const lines = new Table({
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  if (head.length > 0) lines.push(head.map((each) => paint('bold', each)));
  lines.push(...rows);
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The command a reader may want next, for a job or workflow of any tenant, as this one was called. */
export function commandFor(
  name: 'get' | 'retry' | 'watch' | `workflow ${'get' | 'watch' | 'cancel' | 'retry' | 'signal'}`,
  { id, tenant }: Pick<Job, 'id' | 'tenant'>,
  more?: string,
): string {
  return `${invokedAs(process.env)} ${name} ${id}${more === undefined ? '' : ` ${more}`}${tenant === 'default' ? '' : ` --tenant ${tenant}`}`;
}

export function jobTable(jobs: readonly Job[], nowMs: number): string {
  const rows = jobs.map((job) => [
    job.id,
    job.type,
    paintStatus(job.status),
    String(job.priority),
    `${job.attempt}/${job.max_attempts}`,
    ageOf(job.created_at, nowMs),
    job.tags.join(','),
    noteOf(job, nowMs),
  ]);
  return table(['ID', 'TYPE', 'STATUS', 'PRIO', 'TRIES', 'CREATED', 'TAGS', 'NOTE'], rows);
}

export function refusedTable(refused: { line: number; result: BatchResponse['results'][number] }[]): string {
  const rows = refused.map(({ line, result }) => {
    if (!('error' in result)) return [String(line), '', ''];
    const faults = (result.details ?? []).map((fault) => `${fault.path} ${fault.message}`).join('; ');
    return [String(line), result.code, faults === '' ? result.error : `${result.error}: ${faults}`];
  });
  return table(['LINE', 'CODE', 'WHY'], rows);
}

/** `40 %, rows read`. */
export function howFar({ percent, note }: NonNullable<Job['progress']>): string {
  return note === undefined ? `${percent} %` : `${percent} %, ${note}`;
}

/** `waits for 2 jobs`, as far as it is known how many have not ended. */
function waitsOf({ status, waits_for: open, dependencies: all = [] }: Job): string {
  if (status !== 'waiting_dependencies') return '';
  const count = (open ?? all).length;
  return `waits for ${count} ${count === 1 ? 'job' : 'jobs'}`;
}

/** What a reader of the table asks next: when it runs, what holds it, why it failed. */
function noteOf(job: Job, nowMs: number): string {
  if (job.gate !== undefined && !isFinal(job.status)) return `held by ${job.gate}`;
  const waits = job.status === 'scheduled' || job.status === 'retrying';
  const due = waits ? `due ${ageOf(job.available_at, nowMs)}` : '';
  const error = job.status === 'completed' ? '' : (job.last_error?.code ?? '');
  const far = job.status === 'running' && job.progress !== undefined ? howFar(job.progress) : '';
  const part = job.workflow_id === undefined ? '' : `workflow ${job.workflow_id}`;
  return [due, waitsOf(job), far, error, part].filter((each) => each !== '').join(', ');
}
