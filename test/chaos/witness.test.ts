import { expect, test } from 'vitest';
import { aftermathOf, type Kill } from './killing.ts';
import { openWitness } from './witness.ts';

/** A write of a status, conditional on a fence. */
const write = (job: string, status: string) => ({
  Statement: 'UPDATE "jobs" SET "status"=? WHERE "pk"=? AND "sk"=? AND "fence" = ?',
  Parameters: [{ S: status }, { S: 'acme#0' }, { S: job }, { N: '1' }],
});
const applied = {};
const failed = { Error: { Code: 'ConditionalCheckFailed' } };

/** A witness at a clock that is set by hand. */
function witnessAt() {
  const clock = { now: 0 };
  const witness = openWitness(() => clock.now);
  return {
    witness,
    saw(at: number, pid: number, job: string, status: string, row: object = applied): void {
      clock.now = at;
      witness.sawBatch({ Statements: [write(job, status)] }, { Responses: [row] }, pid);
    },
  };
}

test('a job that two writes have finished is finished twice; one whose second write failed is not', () => {
  const { witness, saw } = witnessAt();
  saw(1, 11, 'twice', 'completed');
  saw(2, 12, 'twice', 'failed');
  saw(1, 11, 'once', 'completed');
  saw(2, 11, 'once', 'completed', failed);
  saw(3, 11, 'open', 'running');
  expect(witness.finishedOften(['twice', 'once', 'open', 'unknown'])).toEqual(['twice']);
  expect(witness.finished).toBe(3);
  expect(['twice', 'once', 'open'].map(witness.isFinal)).toEqual([true, true, false]);
});

test('rows of a batch are read one by one', () => {
  const { witness } = witnessAt();
  const Statements = [write('a', 'running'), write('b', 'running'), write('c', 'running')];
  witness.sawBatch({ Statements }, { Responses: [applied, failed, applied] }, 11);
  expect(witness.inFlight(11)).toEqual(['a', 'c']);
});

test('a job is in flight at the process that claimed it last, until it is settled', () => {
  const { witness, saw } = witnessAt();
  saw(1, 11, 'a', 'running');
  saw(1, 11, 'b', 'running');
  saw(2, 12, 'a', 'running');
  expect([witness.inFlight(11), witness.inFlight(12)]).toEqual([['b'], ['a']]);
  saw(3, 11, 'b', 'retrying');
  expect([witness.inFlight(11), witness.running()]).toEqual([[], ['a']]);
});

test('a killed job’s wait ends with its next start or end by another process; what was on its way is not counted', () => {
  const { witness, saw } = witnessAt();
  const kill: Kill = {
    at: 100,
    victim: 'work-mail',
    pid: 11,
    jobs: ['again', 'settled', 'waits'],
    received: [],
    calls: 0,
  };
  for (const job of kill.jobs) saw(50, 11, job, 'running');
  saw(101, 11, 'settled', 'completed');
  saw(170, 12, 'again', 'running');
  expect(aftermathOf([kill], [], witness)).toEqual([
    { jobId: 'again', victim: 'work-mail', ms: 70, stopped: false },
    { jobId: 'waits', victim: 'work-mail', ms: undefined, stopped: false },
  ]);
  expect(aftermathOf([kill], [171], witness).map(({ stopped }) => stopped)).toEqual([false, true]);
  expect(aftermathOf([kill], [150], witness).map(({ stopped }) => stopped)).toEqual([true, true]);
});

test('a claim on its way at the kill is of the killed process: its job waits', () => {
  const { witness, saw } = witnessAt();
  const kill: Kill = { at: 100, victim: 'work-mail', pid: 11, jobs: [], received: [], calls: 1 };
  saw(101, 11, 'again', 'running');
  saw(170, 12, 'again', 'running');
  expect(aftermathOf([kill], [], witness)).toEqual([
    { jobId: 'again', victim: 'work-mail', ms: 70, stopped: false },
  ]);
});

test('a job whose next worker died over its receipt waits from then on; a spare message of one that is over, for nothing', () => {
  const { witness, saw } = witnessAt();
  const dies = { victim: 'work-mail', calls: 0 };
  const first: Kill = { ...dies, at: 100, pid: 11, jobs: ['again'], received: [] };
  const second: Kill = { ...dies, at: 150, pid: 12, jobs: [], received: ['again', 'over'] };
  saw(50, 11, 'again', 'running');
  saw(60, 10, 'over', 'completed');
  saw(170, 13, 'again', 'running');
  expect(aftermathOf([first, second], [], witness)).toEqual([
    { jobId: 'again', victim: 'work-mail', received: 'again', ms: 20, stopped: false },
  ]);
});
