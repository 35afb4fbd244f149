/** What a person reads at the end of a demo. */
import Table from 'cli-table3';
import { paint } from '../../client/render.ts';
import { type Check, number } from './check.ts';
import type { Figures, Spread, TypeFigures } from './figures.ts';

const head = ['type', 'jobs', 'completed', 'failed', 'retried', 'wait p50', 'wait p95', 'run p50', 'run p95'];

/** Jobs by type and status, with how long they waited and ran, and how many went through in a minute. */
export function figuresTable({ types, all, spanMs, jobsPerMinute, priorities, lanes }: Figures): string {
  const others = all.other > 0;
  const table = new Table({
    head: others ? head.toSpliced(4, 0, 'other') : head,
    colAligns: ['left', ...head.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  table.push(
    ...types.map((each) => row(each, others)),
    row(all, others).map((cell) => paint('bold', cell)),
  );
  return [
    table.toString(),
    `${number(jobsPerMinute)} jobs a minute: ${number(all.jobs)} in ${seconds(spanMs)} from the first created to the last finished.`,
    `${priorities} priorities in ${lanes.length} lanes: ${lanes.map(({ lane, jobs }) => `${lane} ${number(jobs)}`).join(', ')}.`,
    paint('dim', 'wait: created to started, of jobs neither delayed nor retried · run: started to finished'),
  ].join('\n');
}

function row(
  { type, jobs, completed, failed, other, retried, wait, run }: TypeFigures,
  others: boolean,
): string[] {
  const amounts = [jobs, completed, failed, ...(others ? [other] : []), retried].map(number);
  return [type, ...amounts, ...spread(wait), ...spread(run)];
}

function spread({ p50, p95 }: Spread): string[] {
  return [p50, p95].map((ms) => (ms === undefined ? '–' : `${number(ms)} ms`));
}

/** A Markdown report with at most `rowsShown` rows of each table. */
export function shortened(markdown: string, rowsShown: number): string {
  let rows = 0;
  let left = 0;
  const lines = markdown
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const rest = left > 0 && !line.startsWith('| ') ? [`… and ${left} more`] : [];
      if (rest.length > 0) left = 0;
      if (!line.startsWith('| ')) rows = 0;
      else if (++rows > rowsShown + 2) {
        left++;
        return [];
      }
      return [...rest, line];
    });
  return [...lines, ...(left > 0 ? [`… and ${left} more`] : [])].join('\n');
}

/** A line for each check; below one that does not hold, what contradicts it. */
export function checkLines(checks: readonly Check[]): string {
  const mark = ({ wrong }: Check) => (wrong.length === 0 ? paint('green', '✓') : paint('red', '✗'));
  return checks
    .flatMap((check) => [
      `  ${mark(check)} ${check.says}`,
      ...check.wrong.map((each) => paint('red', `      ${each}`)),
    ])
    .join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
