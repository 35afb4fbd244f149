import { describe, expect, it } from 'vitest';
import type { Job } from '../../core/api.ts';
import { checksOf } from '../../local/demo/checks.ts';
import { aPerfectRun, idOf } from './demo-run.ts';

type Run = ReturnType<typeof aPerfectRun>;

/** What contradicts the checks after `harm` was done to a perfect run. */
function wrongAfter(harm: (run: Run) => void): string[] {
  const run = aPerfectRun();
  harm(run);
  return checksOf(run).flatMap((check) => check.wrong);
}

function change(run: Run, id: string, fields: Partial<Job>): void {
  run.jobs = run.jobs.map((job) => (job.id === id ? { ...job, ...fields } : job));
}

const firstOf = (run: Run, name: Parameters<typeof idOf>[1]) => idOf(run.sent, name);

it('a run in which all went as it must holds every check', () => {
  const checks = checksOf(aPerfectRun());
  expect(checks.flatMap((check) => check.wrong)).toEqual([]);
  expect(checks.map((check) => check.says)).toMatchInlineSnapshot(`
    [
      "1,083 jobs are listed by the run's tag: exactly those that were accepted, each once",
      "a repeated Idempotency-Key was answered with the job it had made, and made no other",
      "10 priorities are in use, and each job has the one it was sent with",
      "20 jobs were delayed by 5 s, and none started sooner",
      "every job ended as it must: 1,072 completed, 11 failed",
      "11 jobs failed at their first attempt, each with the cause it must have",
      "the malformed CSV was told where: "cannot read the CSV: line 100 has 1 field; the header has 3"",
      "payloads of 41,204, 49,691, 1,048,551 bytes came back unchanged, by their hashes",
      "10 echoes, one of each priority, answered with exactly their payload",
      "the 85 parts of zipcodes.csv have 42,049 rows together, as many as the file",
      "the report is about all 24 files and their 42,049 rows",
      "the receiver verified the signature of each of its 190 deliveries",
      "150 webhooks came once for each attempt, and not again after their 200 or 400",
      "40 webhooks met a 503 with Retry-After and got through after it, by attempt 2",
    ]
  `);
});

describe('the checks find', () => {
  it('a job that was accepted and is gone', () => {
    const wrong = wrongAfter((run) => {
      run.jobs = run.jobs.filter((job) => job.id !== firstOf(run, 'row'));
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "accepted, but not in the list: job-26",
        "there must be 800 with the tag row; there are 799",
        "10 must be read back; 9 were",
      ]
    `);
  });

  it('a job that nobody sent, and one that is listed twice', () => {
    const wrong = wrongAfter((run) => {
      run.jobs.push({ ...run.jobs[0]!, id: 'stranger', tags: [] }, { ...run.jobs.at(-1)! });
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "in the list, but never sent: stranger",
        "the list names 1 jobs twice",
        "with another priority: stranger",
        "there must be 1 with the tag report; there are 2",
      ]
    `);
  });

  it('two jobs that were answered one id', () => {
    const wrong = wrongAfter((run) => {
      const [first, second] = run.sent.filter((each) => each.case === 'row').slice(20);
      run.jobs = run.jobs.filter((job) => job.id !== second!.id);
      second!.id = first!.id;
    });
    expect(wrong).toEqual([
      "1 answers repeat another job's id",
      'with another priority: job-46',
      'there must be 800 with the tag row; there are 799',
    ]);
  });

  it('two jobs for one Idempotency-Key', () => {
    const wrong = wrongAfter((run) => {
      run.answers[1] = 'job-other';
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "the two calls were answered job-1081 and job-other; listed: job-1081",
      ]
    `);
  });

  it('another priority than was asked for', () => {
    const wrong = wrongAfter((run) => change(run, firstOf(run, 'hook'), { priority: 0 }));
    expect(wrong).toEqual(['with another priority: job-176']);
  });

  it('a priority that no job has', () => {
    const wrong = wrongAfter((run) => {
      run.jobs = run.jobs.map((job) => ({ ...job, priority: job.priority === 7 ? 6 : job.priority }));
    });
    expect(wrong.at(-1)).toBe('no job has priority 7');
  });

  it('a delayed job that started too soon, by a millisecond', () => {
    const wrong = wrongAfter((run) =>
      change(run, firstOf(run, 'later'), { started_at: '2026-11-22T03:00:04.999Z' }),
    );
    expect(wrong).toMatchInlineSnapshot(`
      [
        "started too soon, or not at all: job-276 (completed, attempt 1)",
      ]
    `);
  });

  it('a job that is not final, or ended otherwise', () => {
    const wrong = wrongAfter((run) => {
      change(run, firstOf(run, 'part'), {
        status: 'retrying',
        last_error: { code: 'unknown', cause: 'transient_error', attempt: 1, at: '2026-11-22T03:00:06.000Z' },
      });
      change(run, firstOf(run, 'hook-refused'), { status: 'completed' });
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "must be csv.summarize, completed (tag part): job-296 (retrying, attempt 1, unknown)",
        "must be webhook.deliver, failed (tag hook-refused): job-166 (completed, attempt 1, rejected)",
      ]
    `);
  });

  it('another cause, or a permanent error that was retried', () => {
    const last = { code: 'rejected', cause: 'permanent_error', attempt: 1, at: '2026-11-22T03:00:06.000Z' };
    const wrong = wrongAfter((run) => {
      change(run, firstOf(run, 'malformed'), { last_error: { ...last, code: 'unknown' } });
      change(run, firstOf(run, 'hook-refused'), { attempt: 2 });
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "must fail at attempt 1 with permanent_error, validation (tag malformed): job-24 (failed, attempt 1, unknown)",
        "must fail at attempt 1 with permanent_error, rejected (tag hook-refused): job-166 (failed, attempt 2, rejected)",
        "not delivered once for each attempt: job-166 (failed, attempt 2, rejected)",
      ]
    `);
  });

  it('an error that names another line', () => {
    const wrong = wrongAfter((run) => {
      const [error] = run.errors.get(firstOf(run, 'malformed'))!;
      error!.message = error!.message.replace('line 100 ', 'line 1000 ');
    });
    expect(wrong).toEqual(['one error must name line 100, where the file was broken']);
  });

  it('a payload of which one character came back otherwise', () => {
    const wrong = wrongAfter((run) => {
      const payload = run.payloads.get(firstOf(run, 'megabyte')) as { csv: string };
      payload.csv = `${payload.csv.slice(0, -2)}x\n`;
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "whose payload is not what was sent: job-25",
      ]
    `);
  });

  it('large payloads that are not there', () => {
    const wrong = wrongAfter((run) => {
      run.jobs = run.jobs.map((job) => ({ ...job, tags: job.tags.filter((tag) => tag !== 'large') }));
    });
    expect(wrong).toEqual(['none is a little over 32 KiB', 'none is of 1 MB']);
  });

  it('an echo with another answer', () => {
    const wrong = wrongAfter((run) => run.results.set(firstOf(run, 'row'), { message: 'other' }));
    expect(wrong).toMatchInlineSnapshot(`
      [
        "whose result is not its payload: job-26",
      ]
    `);
  });

  it('a row that is lost in a part', () => {
    const wrong = wrongAfter((run) => run.results.set(firstOf(run, 'part'), { rows: 499 }));
    expect(wrong).toEqual(['the summary of the whole file says 42049']);
  });

  it('a report about too few files, and none at all', () => {
    const few = wrongAfter((run) => run.results.set(firstOf(run, 'report'), { files: 23, rows: 42_049 }));
    expect(few).toEqual(['it says 23 files, 42049 rows']);
    const none = wrongAfter((run) => run.results.delete(firstOf(run, 'report')));
    expect(none).toEqual(['there is no report']);
  });

  it('a delivery whose signature was wrong', () => {
    const wrong = wrongAfter((run) => {
      run.deliveries.get(firstOf(run, 'hook'))!.unverified = 1;
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "came with a wrong signature or time: job-176",
      ]
    `);
  });

  it('a webhook that came again after its 200, one that never came, and one of somebody else', () => {
    const wrong = wrongAfter((run) => {
      run.deliveries.get(firstOf(run, 'hook'))!.answers.push(200);
      run.deliveries.delete(firstOf(run, 'hook-refused'));
      run.deliveries.set('stranger', { order: 0, answers: [200], unverified: 0 });
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "not delivered once for each attempt: job-166 (failed, attempt 1, rejected), job-176 (completed, attempt 1)",
        "delivered, but not of this run: stranger",
      ]
    `);
  });

  it('a busy receiver that was not busy', () => {
    const wrong = wrongAfter((run) => {
      const id = firstOf(run, 'hook-busy');
      change(run, id, { attempt: 1 });
      run.deliveries.get(id)!.answers.shift();
    });
    expect(wrong).toMatchInlineSnapshot(`
      [
        "that met no 503: job-126",
      ]
    `);
  });
});
