import { writeFileSync } from 'node:fs';
import { type ErrorCode, type ErrorKind, errorCodes } from '../core/errors.ts';
import { exactDelayMs, maxRetryDelaySeconds } from '../core/retry.ts';
import { finalStates, type JobState, jobStates, type TransitionName, transitions } from '../core/state.ts';
import { writers } from './writers.ts';

const meanings: Record<JobState, string> = {
  waiting_dependencies: 'waits for other jobs ([dependencies](workflows.md#a-job-that-waits-for-others))',
  scheduled: 'waits for its time',
  pending: 'waits in its lane',
  retrying: 'failed, waits for its next attempt',
  running: 'one worker holds it under a lease',
  completed: 'its handler returned',
  failed: 'given up: `last_error` has the cause, and a person may retry it',
  cancelled: 'a person cancelled it, or a job that it waited for did not end well; a person may retry it',
  skipped: 'no job is in it yet: a [node of a workflow](workflows.md#nodes) that is skipped has no job',
};

/** docs/lifecycle.md: states and arrows from core/state.ts, delays from core/retry.ts. `npm run docs` writes it. */
export function lifecyclePage(): string {
  return `# The life of a job

Made from \`core/state.ts\` and \`core/retry.ts\` by \`npm run docs\`; a test keeps them equal. Edit those, not this.

## States

${table(
  ['State', 'Meaning'],
  jobStates.map((state) => [`\`${state}\``, meanings[state]]),
)}

## Transitions

\`\`\`mermaid
${diagram()}
\`\`\`

Every write is conditional on where its arrow begins; nothing else changes a state.

${table(['Event', 'From', 'To', 'By'], Object.entries(transitions).map(row))}

## Delays between attempts

A failed attempt is followed by another while one is left, after base × 2^(attempt − 1), at most ${duration(maxRetryDelaySeconds)}. Up to a quarter is added or taken off at random, so that jobs that failed together do not return together. A server's Retry-After stands for the base, and then the quarter is only added.

${delays()}
`;
}

function row([event, { from, to }]: [string, (typeof transitions)[TransitionName]]): string[] {
  const by = writers[event as TransitionName];
  return [`\`${event}\``, from.map((each) => `\`${each}\``).join(', '), `\`${to}\``, by];
}

function diagram(): string {
  const arrows = Object.entries(transitions).flatMap(([event, { from, to }]) =>
    from.map((each) => `  ${each} --> ${to}: ${event}`),
  );
  const ends = finalStates.map((state) => `  ${state} --> [*]`);
  const starts = [
    '  [*] --> pending: enqueue',
    '  [*] --> scheduled: enqueue, with a delay',
    '  [*] --> waiting_dependencies: enqueue, with dependencies',
  ];
  return ['stateDiagram-v2', ...starts, ...arrows, ...ends].join('\n');
}

/** What each code is thrown as (`core/errors.ts`). */
const kinds: Record<ErrorCode, ErrorKind> = {
  network: 'transient',
  database: 'transient',
  rate_limit: 'transient',
  unavailable: 'transient',
  unknown: 'transient',
  invalid_payload: 'permanent',
  authentication: 'permanent',
  validation: 'permanent',
  rejected: 'permanent',
  out_of_memory: 'system',
  timeout: 'system',
};

const shownAttempts = [1, 2, 3, 4, 5, 6, 7, 8];

function delays(): string {
  const retried = errorCodes.filter((code) => kinds[code] !== 'permanent');
  const rows = retried.map((code) => {
    const failure = { kind: kinds[code], code, cause: 'transient_error' } as const;
    return [
      `\`${code}\``,
      ...shownAttempts.map((attempt) => duration(exactDelayMs(failure, attempt) / 1000)),
    ];
  });
  return table(['After attempt', ...shownAttempts.map(String)], rows);
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} min`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) writeFileSync(new URL('../docs/lifecycle.md', import.meta.url), lifecyclePage());
