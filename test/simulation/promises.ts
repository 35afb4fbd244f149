/** What is asserted after every step, by name. A planted bug says which of them it breaks. */
export const promises = {
  'accepted is not lost': 'what was answered with an id has its record, and no tombstone',
  'looked after':
    'every accepted job is final, or has a pointer, an attention entry or a live invocation that has it in hand',
  'ends in time': 'long after the last fault every accepted job is final',
  'one owner': 'two attempts of a job never run at the same time',
  'a live lease is respected': 'while a lease lasts, nobody but its holder ends or takes the attempt',
  'final stays final': 'a finished job changes only when a person reopens it',
  'a late attempt leaves nothing': 'what an attempt does after another owns the job is not stored',
  'once is stored once': 'what `once` stored for a key never changes, and every call is answered with it',
  'the fence never falls': 'the fence of a record only rises',
  'attempts add up': 'attempts spent and attempts left are always as many as the job was given',
  'attempts within the limit': 'a job is started no more often than its limit allows',
  'an attempt is spent on a start or a death':
    'a lease is lost only when its process died or one of its calls broke off',
  'fails only for a reason':
    'a job fails by a permanent error or its last attempt, and is cancelled only on request, or with one that it waits for',
  'a cancel that was heard is obeyed':
    'a job whose cancel was asked for while it ran ends cancelled, unless its holder ended it before it had heard',
  'a job waits for what it names':
    'a job with dependencies goes on only when all have ended, those well that must',
  'a cancelled job does not go on': 'once a cancel is asked for, a job goes back to no waiting state',
  'an entry stays until the end': 'a record that has an attention entry has one until it is final',
  'a long job is watched':
    'a job of a long queue has an entry until it is final, and while it runs one within a minute: its message may be hidden for many',
  'a tombstone stays': 'an id that was given up is never used again',
  'an open record does not expire': 'only a final record has a time to be deleted at',
  'a value stands before its record': 'a payload or result that a record names was stored before',
  'one key, one job':
    'calls with the same idempotency key are answered with the same ids, and make each of their jobs once',
  'nothing hides for long': 'beyond the end of a lease, no message is hidden for more than 60 s',
  'brought back only after trouble':
    'where no message was lost and nothing died, no job depends on its entry to be delivered',
  'an operation takes only what is meant':
    'a redrive or bulk cancel changes no job but those that were as asked for, before it was asked for',
  'no job is retried twice by one operation':
    'however often an operation is started, gone on with or delivered: a job that it retried and that fails again stays failed',
  'an operation tells what it did':
    'an operation that completed says how many jobs it changed and skipped, and these are all that it took; what someone else changed at the same time it may take for its own',
  'an operation leaves nobody out':
    'what is as asked for, and stays so, is taken by an operation that completes',
  'a canary goes first':
    'until the first part is judged no other job is retried, and its verdict is by what became of it',
  'a patch is for its jobs alone':
    'a job is given what it was enqueued with, and the patches of the redrives that retried it; no other job ever sees one',
  'an operation that ended stops':
    'an operation that was cancelled, failed or completed changes no job any more',
  'what is added runs, once':
    'a node of which a job was told that it is added is in the graph when the workflow ends, once, and begins only when that job has; begun anew by a retry, at the earliest in the same step',
  'a late signal is refused':
    'a signal is not taken, and opens no node, after the deadline of those who wait for it',
  'a signal counts once':
    'of a signal one payload is taken, and who waited for it does not fail for want of it',
  'a unique key has one workflow': 'no two workflows with the same unique key go forward at the same time',
  'a key is free again':
    'a unique key is held by no workflow that has ended, an idempotency key by no call of the day before',
  'a node waits for what it depends on': 'a node starts when everything that it depends on has ended',
  'a node has one live job': 'a node has at most one job that is not final, the one that undoes it counted',
  'a node goes forward': 'within one round a node never goes back to a state that it has left',
  'a node agrees with its job': 'what a workflow says of a node is what became of its job',
  'undone in reverse': 'a node is undone when everything that was built on it is',
  'only an end is told': 'a workflow is told of no end that was none',
  'an end is told': 'the message of a job is given up only when its workflow has been told of its end',
  'a wake-up is not lost':
    'where no call broke off, no workflow rests with news that it has not read, or with a token that nobody waits with',
  'a workflow says what it waits for': 'a workflow that rests has a node that runs',
  'an end is final until a retry':
    'a workflow that has ended starts nothing and stays so, until a person retries it',
  'an end calls back once': 'whoever asked for it is told of the last end, and of none twice',
} as const;

export type PromiseName = keyof typeof promises;

/** A promise that a history broke. */
export class Broken extends Error {
  override name = 'Broken';
  readonly promise: PromiseName;

  constructor(promise: PromiseName, message: string) {
    super(message);
    this.promise = promise;
  }
}
