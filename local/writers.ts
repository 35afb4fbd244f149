import type { TransitionName } from '../core/state.ts';

/** Who writes each transition, and when: a line for `docs/lifecycle.md`. Apart from the code, which loads at every cold start. */
export const writers: Record<TransitionName, string> = {
  meet: 'whoever ends the last job that it waits for, or looks after it',
  delay_met: 'the same, where it has a delay, or a time of its own',
  miss: 'the same: a job that it waits for failed or was cancelled',
  claim: 'work takes the job under a lease',
  take_over: 'work, in quarantine, takes a job whose lease is over',
  complete: 'work: the handler returned',
  retry_later: 'work: the handler failed and may be tried again',
  hand_back: 'work: the job was not started, its attempt is given back',
  snooze: 'work: the handler asked to be started again later, its attempt is given back',
  fail: 'work: no attempt is left, or no repeat can help',
  lose_lease: 'work: the lease is over and no attempt is left',
  exhaust: 'work: no attempt is left to start',
  bury: 'bury: the message gave up and no attempt is left',
  rescue: 'bury: the message gave up and the lease is over, the job goes to quarantine',
  cancel: 'manage: a person cancelled a job that waits',
  cancel_running: 'work or bury: a person asked for its cancel while it ran',
  postpone: 'manage: a person gave it another time',
  hasten: 'manage: a person lets it run now',
  reopen: 'manage: a person retries the job',
};
