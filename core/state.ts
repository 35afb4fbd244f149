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
  /** Who writes it, and when: one line for the docs. */
  by: string;
}

export const transitions = {
  meet: {
    from: ['waiting_dependencies'],
    to: 'pending',
    by: 'whoever ends the last job that it waits for, or looks after it',
  },
  delay_met: {
    from: ['waiting_dependencies'],
    to: 'scheduled',
    by: 'the same, where it has a delay, or a time of its own',
  },
  miss: {
    from: ['waiting_dependencies'],
    to: 'cancelled',
    by: 'the same: a job that it waits for failed or was cancelled',
  },
  claim: { from: waitingStates, to: 'running', by: 'work takes the job under a lease' },
  take_over: { from: ['running'], to: 'running', by: 'work, in quarantine, takes a job whose lease is over' },
  complete: { from: ['running'], to: 'completed', by: 'work: the handler returned' },
  retry_later: { from: ['running'], to: 'retrying', by: 'work: the handler failed and may be tried again' },
  hand_back: {
    from: ['running'],
    to: 'pending',
    by: 'work: the job was not started, its attempt is given back',
  },
  snooze: {
    from: ['running'],
    to: 'scheduled',
    by: 'work: the handler asked to be started again later, its attempt is given back',
  },
  fail: { from: ['running'], to: 'failed', by: 'work: no attempt is left, or no repeat can help' },
  lose_lease: { from: ['running'], to: 'failed', by: 'work: the lease is over and no attempt is left' },
  exhaust: { from: waitingStates, to: 'failed', by: 'work: no attempt is left to start' },
  bury: {
    from: [...waitingStates, 'running'],
    to: 'failed',
    by: 'bury: the message gave up for the third time, or no attempt is left',
  },
  rescue: {
    from: ['running'],
    to: 'pending',
    by: 'bury: the message gave up and the lease is over, the job goes to quarantine',
  },
  cancel: {
    from: ['waiting_dependencies', ...waitingStates],
    to: 'cancelled',
    by: 'manage: a person cancelled a job that waits',
  },
  cancel_running: {
    from: ['running'],
    to: 'cancelled',
    by: 'work or bury: a person asked for its cancel while it ran',
  },
  postpone: {
    from: ['scheduled', 'pending'],
    to: 'scheduled',
    by: 'manage: a person gave it another time',
  },
  hasten: { from: ['scheduled', 'pending'], to: 'pending', by: 'manage: a person lets it run now' },
  reopen: { from: ['failed', 'cancelled'], to: 'pending', by: 'manage: a person retries the job' },
} as const satisfies Record<string, Transition>;

export type TransitionName = keyof typeof transitions;
