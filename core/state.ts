/**
 * The states of a job and every way from one to another. Conditions of writes, the picture in
 * `docs/lifecycle.md` and the tests all take them from here.
 */
export const waitingStates = ['scheduled', 'pending', 'retrying'] as const;
export const finalStates = ['completed', 'failed', 'cancelled', 'skipped'] as const;
export const jobStates = ['waiting_dependencies', ...waitingStates, 'running', ...finalStates] as const;

/** Those that a job can be in today: nothing that is built leads into `skipped`. A skipped node of a workflow has no job. */
export const reachedStates = [
  'waiting_dependencies',
  ...waitingStates,
  'running',
  'completed',
  'failed',
  'cancelled',
] as const;

export type WaitingState = (typeof waitingStates)[number];
export type FinalState = (typeof finalStates)[number];
export type JobState = (typeof jobStates)[number];

export function isFinal(state: string): state is FinalState {
  return (finalStates as readonly string[]).includes(state);
}

export function isWaiting(state: string): state is WaitingState {
  return (waitingStates as readonly string[]).includes(state);
}

interface Transition {
  from: readonly JobState[];
  to: JobState;
}

export const transitions = {
  meet: { from: ['waiting_dependencies'], to: 'pending' },
  delay_met: { from: ['waiting_dependencies'], to: 'scheduled' },
  miss: { from: ['waiting_dependencies'], to: 'cancelled' },
  claim: { from: waitingStates, to: 'running' },
  take_over: { from: ['running'], to: 'running' },
  complete: { from: ['running'], to: 'completed' },
  retry_later: { from: ['running'], to: 'retrying' },
  hand_back: { from: ['running'], to: 'pending' },
  snooze: { from: ['running'], to: 'scheduled' },
  fail: { from: ['running'], to: 'failed' },
  lose_lease: { from: ['running'], to: 'failed' },
  exhaust: { from: waitingStates, to: 'failed' },
  bury: { from: [...waitingStates, 'running'], to: 'failed' },
  rescue: { from: ['running'], to: 'pending' },
  cancel: { from: ['waiting_dependencies', ...waitingStates], to: 'cancelled' },
  cancel_running: { from: ['running'], to: 'cancelled' },
  postpone: { from: ['scheduled', 'pending'], to: 'scheduled' },
  hasten: { from: ['scheduled', 'pending'], to: 'pending' },
  reopen: { from: ['failed', 'cancelled'], to: 'pending' },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof transitions;
