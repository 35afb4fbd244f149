import { expect, test } from 'vitest';
import type { Kill } from './killing.ts';
import { type LateParts, lateOf } from './late.ts';
import { openTrail } from './trail.ts';
import { openWitness } from './witness.ts';

const jobId = '01900000-0000-7000-8000-000000000005';
const jobs = [{ id: jobId, queue: 'long' }];

/** One job, its writes, and what else was seen, at a clock that is set by hand; 50 s are allowed, at a receipt 130. */
function aRun() {
  const clock = { now: 0 };
  const [witness, trail] = [openWitness(() => clock.now), openTrail(() => clock.now)];
  const kills: Kill[] = [];
  const late = (endedAt = 1_000_000, stops: LateParts['stops'] = []) =>
    lateOf(jobs, {
      ...{ witness, trail, kills, stops, endedAt },
      faults: [
        { at: 200_000, endedAt: 209_000, kind: 'slow' },
        { at: 400_000, endedAt: 409_000, kind: 'lost' },
      ],
      allowedMs: (_, received) => ({ first: 130_001, again: 130_000, none: 50_000 })[received ?? 'none'],
    });
  return {
    late,
    wrote(at: number, pid: number, status: string, message?: string): void {
      clock.now = at;
      const set = `SET "status"=?${message === undefined ? '' : ' SET "message"=?'}`;
      const values = [{ S: status }, ...(message === undefined ? [] : [{ S: message }])];
      const Statement = `UPDATE "jobs" ${set} WHERE "pk"=? AND "sk"=?`;
      const Parameters = [...values, { S: 'acme#0' }, { S: jobId }];
      witness.sawBatch({ Statements: [{ Statement, Parameters }] }, { Responses: [{}] }, pid);
    },
    entered(at: number, by: string, dueAt: number): void {
      clock.now = at;
      const Statement =
        'UPDATE "jobs" SET "attentionAt"=? WHERE "pk"=? AND "sk"=? AND "attention" IS MISSING';
      const Parameters = [{ N: String(dueAt) }, { S: 'acme#0' }, { S: jobId }];
      trail.sawBatch({ by, pid: 9 }, { Statements: [{ Statement, Parameters }] }, { Responses: [{}] });
    },
    sent(at: number, by: string, MessageId: string): void {
      clock.now = at;
      const MessageBody = JSON.stringify({ v: 1, tenant: 'acme', job: jobId });
      const asked = { QueueUrl: 'http://sqs/0/quarantine', Entries: [{ Id: '0', MessageBody }] };
      trail.sawBatch({ by, pid: 9 }, asked, { Successful: [{ Id: '0', MessageId }] });
    },
    killed(at: number, pid: number, received = false): void {
      const own = received ? { jobs: [], received: [jobId] } : { jobs: [jobId], received: [] };
      kills.push({ at, victim: 'work-long', pid, calls: 0, ...own });
      trail.mark(jobId, 'was killed', at);
    },
  };
}

test('brought back in time: nothing is said of it', () => {
  const { wrote, killed, late } = aRun();
  wrote(1_000, 11, 'running', 'm-1');
  killed(5_000, 11);
  wrote(55_000, 12, 'running', 'm-1');
  wrote(99_000, 12, 'completed');
  expect(late()).toEqual([]);
});

test('received by a worker that died over it, then found by the walk: all of it, step by step', () => {
  const { wrote, killed, entered, sent, late } = aRun();
  wrote(1_000, 11, 'running', 'm-1');
  killed(5_000, 11);
  killed(45_000, 12, true);
  entered(301_000, 'release', 61_000);
  sent(361_000, 'release', 'm-2');
  wrote(362_000, 13, 'running', 'm-2');
  wrote(370_000, 13, 'completed');
  expect(late()).toEqual([
    {
      jobId,
      queue: 'long',
      waitedMs: 317_000,
      allowedMs: 130_000,
      broughtBackBy: 'pointer m-2 into quarantine, delay 0 s, by release 9',
      history: [
        '    0.0 s  running in 11 through m-1',
        '    4.0 s  was killed',
        '   44.0 s  was killed',
        '  199.0 s  fault slow, for 9.0 s',
        '  300.0 s  entry due in -240.0 s by release 9, as the walk does',
        '  360.0 s  pointer m-2 into quarantine, delay 0 s, by release 9',
        '  361.0 s  running in 13 through m-2',
        '  369.0 s  completed in 13',
      ],
    },
  ]);
});

test('a job that waits still has waited until the end; one that nobody had received waits for its turn', () => {
  const { wrote, killed, late } = aRun();
  wrote(1_000, 7, 'pending');
  expect(late()).toEqual([]);
  killed(2_000, 11, true);
  expect(late(132_001)).toEqual([]);
  expect(late(132_002)).toMatchObject([{ waitedMs: 130_002, broughtBackBy: 'nobody' }]);
});

test('a stop of the emulator counts from then, and its time is its own', () => {
  const { wrote, late } = aRun();
  const stops = [{ at: 30_000, downMs: 8_000, jobs: [jobId] }];
  wrote(1_000, 11, 'running', 'm-1');
  wrote(88_000, 12, 'running', 'm-1');
  wrote(89_000, 12, 'completed');
  expect(late(0, stops)).toEqual([]);
  expect(late(0, [{ ...stops[0]!, downMs: 7_999 }])).toMatchObject([
    { waitedMs: 58_000, allowedMs: 57_999, broughtBackBy: 'the message that it was claimed through' },
  ]);
});

test('what ended an attempt without a trace counts from its claim, with room for its run', () => {
  const { wrote, late } = aRun();
  wrote(1_000, 11, 'running', 'm-1');
  wrote(71_001, 12, 'failed');
  expect(late()).toMatchObject([
    { waitedMs: 70_001, allowedMs: 70_000, broughtBackBy: 'a write of 12, which ended it' },
  ]);
});

test('a claim that was on its way when its process was killed counts from then', () => {
  const { wrote, killed, late } = aRun();
  killed(900, 11);
  wrote(1_000, 11, 'running', 'm-1');
  wrote(51_001, 12, 'running', 'm-1');
  wrote(52_000, 12, 'completed');
  expect(late()).toMatchObject([{ waitedMs: 50_001, allowedMs: 50_000 }]);
});
