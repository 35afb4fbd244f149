import { describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import type { EnqueueRequest, Job } from '../../core/api.ts';
import { concurrently } from '../../local/demo/concurrently.ts';
import { follow } from '../../local/demo/follow.ts';
import type { Planned } from '../../local/demo/plan.ts';
import { readBack } from '../../local/demo/readback.ts';
import { type Sent, sendPlan, sendReport } from '../../local/demo/send.ts';
import { aFailedJob, aJob } from '../client/a-job.ts';

/** A client of which only some methods are there: a call of another one is an error. */
const aClient = (methods: Partial<Record<keyof Client, unknown>>) => methods as unknown as Client;

const planned = (name: Planned['case'], payload: unknown, tags = ['demo-0', name]): Planned => ({
  case: name,
  request: { type: 'echo', payload, tags },
});

describe('sending', () => {
  it('takes the ids from the answers; the repeated call has the same key and body', async () => {
    const calls: unknown[] = [];
    const client = aClient({
      enqueue: async (type: string, payload: unknown, options: object) => {
        calls.push([type, payload, options]);
        return { id: `id of ${payload}` };
      },
      enqueueBatch: async (jobs: EnqueueRequest[]) => ({
        results: jobs.map(({ payload }) => ({ id: `id of ${payload}`, status: 'pending' })),
      }),
    });
    const plan = {
      singles: [planned('file', 1)],
      bulk: [planned('row', 2), planned('row', 3)],
      twice: planned('twice', 4),
    };
    const sent: Sent[] = [];
    expect(await sendPlan(client, plan, sent)).toEqual(['id of 4', 'id of 4']);
    expect(sent.map(({ id }) => id).sort()).toEqual(['id of 1', 'id of 2', 'id of 3', 'id of 4']);
    const repeated = ['echo', 4, { tags: ['demo-0', 'twice'], idempotencyKey: 'demo-0 twice' }];
    expect(calls.filter((call) => (call as unknown[])[1] === 4)).toEqual([repeated, repeated]);
    expect(calls).toContainEqual(['echo', 1, { tags: ['demo-0', 'file'] }]);
  });

  it('a job of a batch that is not taken ends the demo, and its answer is told', async () => {
    const refusal = { error: 'there is no job type "echo" in this release', code: 'unknown_type' };
    const client = aClient({
      enqueue: async () => ({ id: 'a' }),
      enqueueBatch: async () => ({ results: [{ id: 'b', status: 'pending' }, refusal] }),
    });
    const plan = { singles: [], bulk: [planned('row', 1), planned('row', 2)], twice: planned('twice', 3) };
    await expect(sendPlan(client, plan, [])).rejects.toThrow(
      'TaskQ did not take job 1 of a batch, a echo: {"error":"there is no job type \\"echo\\" in this release","code":"unknown_type"}',
    );
  });

  it('the report has the summaries of the files that completed, under their names', async () => {
    const payloads: unknown[] = [];
    const client = aClient({
      enqueue: async (_: string, payload: unknown) => {
        payloads.push(payload);
        return { id: 'report' };
      },
      waitFor: async (id: string) =>
        id === 'b' ? { status: 'failed' } : { status: 'completed', result: { of: id } },
    });
    const files = ['a', 'b', 'c'].map((id) => ({ ...planned('file', 1), id, file: `${id}.csv` }));
    expect((await sendReport(client, 'demo-0', files, 1000))?.id).toBe('report');
    expect(payloads).toEqual([
      {
        title: 'The CSV files of vega-datasets',
        summaries: [
          { name: 'a.csv', summary: { of: 'a' } },
          { name: 'c.csv', summary: { of: 'c' } },
        ],
      },
    ]);
  });

  it('there is no report about nothing', async () => {
    const client = aClient({ waitFor: async () => ({ status: 'failed' }) });
    const files = [{ ...planned('file', 1), id: 'a', file: 'a.csv' }];
    expect(await sendReport(client, 'demo-0', files, 1000)).toBeUndefined();
  });
});

describe('following', () => {
  /** Lists one state of the jobs after the other, the last one for ever, on a clock that only pauses move. */
  function following(looks: Job[][], { total = 2, signal = new AbortController().signal } = {}) {
    let now = 0;
    let look = 0;
    const written: string[] = [];
    const client = aClient({
      async *list() {
        yield { jobs: looks[Math.min(look++, looks.length - 1)] };
      },
    });
    const clock = {
      now: () => now,
      pause: async (ms: number) => {
        now += ms;
      },
    };
    const stream = {
      isTTY: false,
      write: (text: string) => written.push(text),
    } as unknown as NodeJS.WriteStream;
    const options = { total: () => total, patienceMs: 60_000, signal, stream, clock };
    const ended = follow(client, { tag: 'demo-0', since: '2026-11-22T03:00:00Z' }, options);
    return { ended, written, looked: () => look };
  }
  const done = (id: string) => aJob({ id, status: 'completed' });

  it('ends when all jobs are there and final, with a line for each change', async () => {
    const { ended, written, looked } = following([
      [aJob({ id: 'a' })],
      [aJob({ id: 'a' })],
      [done('a')],
      [aFailedJob({ id: 'b' }), done('a')],
    ]);
    await ended;
    expect(looked()).toBe(4);
    expect(written).toEqual([
      '  0/2 final: 1 pending\n',
      '  1/2 final: 1 completed\n',
      '  2/2 final: 1 failed, 1 completed\n',
    ]);
  });

  it('goes on while one of them is not final, and gives up a minute after the last change', async () => {
    const { ended, looked } = following([[done('a')], [done('a'), aJob({ id: 'b', status: 'running' })]]);
    await ended;
    expect(looked()).toBe(123);
  });

  it('ends at once when sending broke off', async () => {
    const { ended, looked } = following([[aJob()]], { signal: AbortSignal.abort() });
    await ended;
    expect(looked()).toBe(1);
  });
});

it('reads back what the checks need, and no more', async () => {
  const asked: string[] = [];
  const ask = (what: string, answer: object) => async (id: string) => {
    asked.push(`${what} ${id}`);
    return answer;
  };
  const client = aClient({
    errors: ask('errors', { errors: [] }),
    payload: ask('payload', { payload: 1 }),
    result: ask('result', { status: 'completed', result: 2 }),
  });
  const job = (id: string, tag: string, fields: Partial<Job> = {}) =>
    aJob({ id, tags: [tag], status: 'completed', ...fields });
  const jobs = [
    job('row-4', 'row'),
    job('row-4-too', 'row'),
    job('row-5', 'row', { priority: 5 }),
    job('file', 'file', { tags: ['file', 'large'] }),
    job('part', 'part', { status: 'running' }),
    job('hook', 'hook'),
    job('refused', 'hook-refused', { status: 'failed' }),
    job('malformed', 'malformed', { status: 'failed' }),
    job('not malformed after all', 'malformed'),
  ];
  const seen = await readBack(client, { jobs, sent: [], answers: [], deliveries: new Map() });
  expect(asked.sort()).toEqual([
    'errors malformed',
    'errors refused',
    'payload file',
    'payload row-4',
    'payload row-5',
    'result file',
    'result row-4',
    'result row-5',
  ]);
  expect([seen.errors.get('malformed'), seen.payloads.get('file'), seen.results.get('file')]).toEqual([
    [],
    1,
    2,
  ]);
});

it('concurrently runs so many at a time, and answers in order', async () => {
  let running = 0;
  let most = 0;
  const answers = await concurrently([5, 1, 4, 2, 3], 2, async (turns) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    running--;
    return turns * 10;
  });
  expect([answers, most]).toEqual([[50, 10, 40, 20, 30], 2]);
});
