import type { FinalState } from '../state.ts';
import type { Phase } from './advance.ts';
import type { Link } from './link.ts';
import type { RetryMode } from './retry.ts';
import type { NodeState } from './states.ts';

/**
 * What happened to a workflow since it was last advanced: members of the set `unread` of its item, short texts. A
 * set, so that what is told twice is there once, and each member is taken away by itself.
 */
export type News =
  /** The job of a node is final. */
  | { of: 'job'; node: number; generation: number; undo: boolean; status: FinalState }
  /** A node's job has added nodes, in so many parts by now: each stands as an item of its own. */
  | { of: 'added'; node: number; parts: number }
  /** A signal has come, to the rounds from that one on: its payload stands in an item of its own. */
  | { of: 'signal'; name: string; from?: number }
  /** A person asked for its end. */
  | { of: 'cancel' }
  /** A person began it anew. */
  | { of: 'retry'; mode: RetryMode; round: number };

export function encodeNews(news: News): string {
  if (news.of === 'signal') return `signal:${news.name}${news.from === undefined ? '' : `#${news.from}`}`;
  if (news.of === 'cancel') return 'cancel';
  if (news.of === 'retry') return `retry:${news.mode}:${news.round}`;
  if (news.of === 'added') return `added:${news.node}:${news.parts}`;
  const { node, generation, undo, status } = news;
  return `${undo ? 'undo' : 'job'}:${node}:${generation}:${status}`;
}

/** The news of a job that became final. */
export function newsOf({ node, generation, undo }: Link, status: FinalState): string {
  return encodeNews({ of: 'job', node, generation, undo, status });
}

const pattern = /^(job|undo):(\d+):(\d+):(completed|failed|cancelled|skipped)$/;

const signalPattern = /^signal:([^#]+)(?:#(\d+))?$/;

const addedPattern = /^added:(\d+):(\d+)$/;

const retryPattern = /^retry:(failed|all|undo):(\d+)$/;

/** Undefined on what another release may have written. */
export function decodeNews(text: string): News | undefined {
  const signal = signalPattern.exec(text);
  if (signal !== null)
    return {
      of: 'signal',
      name: signal[1] as string,
      ...(signal[2] === undefined ? {} : { from: Number(signal[2]) }),
    };
  if (text === 'cancel') return { of: 'cancel' };
  const retry = retryPattern.exec(text);
  if (retry !== null) return { of: 'retry', mode: retry[1] as RetryMode, round: Number(retry[2]) };
  const added = addedPattern.exec(text);
  if (added !== null) return { of: 'added', node: Number(added[1]), parts: Number(added[2]) };
  const [, kind, node, generation, status] = pattern.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return {
    of: 'job',
    node: Number(node),
    generation: Number(generation),
    undo: kind === 'undo',
    status: status as FinalState,
  };
}

/**
 * The states after a job's end was heard of. What is told of an earlier generation, or of a node that has ended
 * already, changes nothing; so it may be told any number of times.
 */
export function applyNews(
  states: NodeState[],
  news: Extract<News, { of: 'job' }>,
  { phase, generationOf }: { phase: Phase; generationOf: (node: number) => number },
): void {
  const { node, generation, undo, status } = news;
  const state = states[node];
  if (state === undefined || generation !== generationOf(node)) return;
  if (undo) {
    // `completed` still: the advance that started it died before it could say so, even that it turned round.
    if (state === 'compensating' || state === 'completed')
      states[node] = status === 'completed' || status === 'skipped' ? 'compensated' : 'compensation_failed';
    return;
  }
  // Told again while it is undone, or afterwards: a spare message of its job has come.
  if (state !== 'waiting' && state !== 'running') return;
  // A job that a person cancelled by itself is missing to the workflow as if it had failed.
  states[node] = status === 'cancelled' && phase === 'forward' ? 'failed' : status;
}

const order = ['added', 'retry', 'job', 'undo', 'signal', 'cancel'];
const kindOf = (news: News): string => (news.of === 'job' && news.undo ? 'undo' : news.of);

/**
 * The news of a set, in the order in which they take effect: what is told of jobs before a cancel still counts, and a
 * node's end comes before that of its undoing.
 */
export function readNews(unread: Iterable<string>): News[] {
  return [...unread]
    .flatMap((text) => decodeNews(text) ?? [])
    .sort((one, other) => order.indexOf(kindOf(one)) - order.indexOf(kindOf(other)));
}
