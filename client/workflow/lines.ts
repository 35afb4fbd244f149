import { isEnded, type NodeState } from '../../core/workflow/states.ts';
import type { Box } from './boxes.ts';

export const symbols: Record<NodeState, string> = {
  waiting: '○',
  running: '◐',
  completed: '✓',
  failed: '✗',
  cancelled: '⊘',
  skipped: '↷',
  compensating: '↺',
  compensated: '↶',
  compensation_failed: '‼',
};

export interface Line {
  status: NodeState;
  /** Layer (only on its first line), symbol, key, what it is, state and time, what it waits for or why it failed. */
  cells: [string, string, string, string, string, string];
}

/**
 * The boxes as lines, layer by layer; when there are more than `most`, those that matter now.
 * @param nowMs for the time of what still runs
 * @returns the lines, and what is left out in words
 */
export function linesOf(
  boxes: readonly Box[],
  nowMs: number,
  most = Number.POSITIVE_INFINITY,
): { lines: Line[]; leftOut?: string } {
  const ranked = boxes.map((box, index) => ({ box, index, rank: rankOf(box) }));
  const chosen = ranked
    .toSorted((one, other) => one.rank - other.rank || one.index - other.index)
    .slice(0, most)
    .sort((one, other) => one.box.layer - other.box.layer || one.index - other.index);
  const rest = ranked.filter((each) => !chosen.includes(each)).map(({ box }) => box.status);
  let layer = -1;
  const lines = chosen.map(({ box }): Line => {
    const isFirst = box.layer !== layer;
    layer = box.layer;
    return {
      status: box.status,
      cells: [
        isFirst ? String(layer + 1) : '',
        symbols[box.status],
        box.key,
        box.what,
        [stateOf(box), tookOf(box, nowMs)].filter((each) => each !== '').join(' · '),
        noteOf(box, nowMs),
      ],
    };
  });
  return {
    lines,
    ...(rest.length === 0 ? {} : { leftOut: `… and ${rest.length} more: ${wordsOf(rest)}` }),
  };
}

/** What moves or went wrong, then what is next, then what waits, then what is over. */
function rankOf({ status, waitsFor }: Box): number {
  if (status === 'waiting') return waitsFor.length === 0 ? 1 : 2;
  return status === 'completed' || status === 'skipped' || status === 'compensated' ? 3 : 0;
}

/** `completed`, or of a map `17/24 completed, 7 running`; of one that is undone `24/24 compensated`. */
function stateOf({ status, elements }: Box): string {
  const counts = Object.entries(elements ?? {}) as [NodeState, number][];
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  if (all === 0) return status.replace('_', ' ');
  const wanted = status === 'compensated' ? 'compensated' : 'completed';
  const done = elements?.[wanted] ?? 0;
  const others = counts.filter(([state]) => state !== wanted).map(([state, count]) => `${count} ${state}`);
  return [`${done}/${all} ${wanted}`, ...others].join(', ');
}

/** `240ms`, `3.2s`, `4m 5s`; empty for what has not started, or whose times are not known. */
export function tookOf({ startedAt, finishedAt, status }: Box, nowMs: number): string {
  const end = finishedAt ?? (isEnded(status) ? undefined : nowMs);
  return startedAt === undefined || end === undefined ? '' : spanText(Math.max(0, end - startedAt));
}

export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const minutes = `${Math.floor(seconds / 60) % 60}m`;
  return hours === 0 ? `${minutes} ${seconds % 60}s` : `${hours}h ${minutes}`;
}

const keysNamed = 3;

function noteOf({ waitsFor, why, kind, status, deadlineAt }: Box, nowMs: number): string {
  if (why !== undefined) return why;
  if (kind === 'signal' && status === 'running')
    return deadlineAt === undefined
      ? 'to be sent'
      : `to be sent within ${spanText(Math.max(0, deadlineAt - nowMs))}`;
  if (waitsFor.length === 0) return '';
  const more = waitsFor.length > keysNamed ? ` and ${waitsFor.length - keysNamed} more` : '';
  return `waits for ${waitsFor.slice(0, keysNamed).join(', ')}${more}`;
}

/** `3 completed, 1 waiting`, in the order they come. */
export function wordsOf(states: readonly string[]): string {
  return [...Map.groupBy(states, (state) => state)]
    .map(([state, own]) => `${own.length} ${state.replace('_', ' ')}`)
    .join(', ');
}
