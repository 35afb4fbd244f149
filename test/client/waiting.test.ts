import { describe, expect, test, vi } from 'vitest';
import { csvSummarize } from '../../jobs/csv.summarize/contract.ts';
import { echo } from '../../jobs/echo/contract.ts';
import { aClient } from './a-client.ts';
import { aFailedJob, aJob, jobId } from './a-job.ts';
import { aProblem } from './api-server.ts';

describe('waitFor', () => {
  test('polls until the job is completed', async () => {
    const { client, received, slept } = await aClient({
      getResult: (_call, nth) =>
        nth < 3
          ? { status: 202, body: { status: 'running' } }
          : { status: 200, body: { status: 'completed', result: { message: 'hi' } } },
    });
    const ending = await client.waitFor(jobId, { contract: echo });
    expect(ending).toEqual({ status: 'completed', result: { message: 'hi' } });
    expect(received.map((call) => call.query)).toEqual([{ wait: 20 }, { wait: 20 }, { wait: 20 }]);
    expect(slept).toEqual([1000, 1000]);
  });

  test('a job that ended otherwise comes as the job', async () => {
    const { client } = await aClient({
      getResult: () => aProblem(409, 'no_result', 'it failed'),
      getJob: () => ({ status: 200, body: aFailedJob() }),
    });
    expect(await client.waitFor(jobId)).toEqual({ status: 'failed', job: aFailedJob() });
  });

  test('ends with the deadline, telling the status of then', async () => {
    let tick = (_ms: number) => {};
    const made = await aClient({
      getResult: ({ query }) => {
        tick(Number(query.wait) * 1000);
        return { status: 202, body: { status: 'pending' } };
      },
    });
    tick = made.tick;
    expect(await made.client.waitFor(jobId, { deadlineSeconds: 25.5 })).toEqual({ status: 'pending' });
    expect(made.received.map((call) => call.query.wait)).toEqual([20, 5, 0, 0]);
    expect(made.slept).toEqual([0, 0, 500]);
  });

  test('however many are waited for, three calls are held: a new account may have ten for all it does', async () => {
    let open = () => {};
    const held = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { client, received } = await aClient({
      getResult: () => ({ status: 200, body: { status: 'completed', result: 1 }, held }),
      getHealth: () => ({ status: 200, body: { status: 'ok', version: '1' } }),
    });
    const all = Promise.all(Array.from({ length: 12 }, () => client.waitFor(jobId)));
    const polls = () => received.filter(({ route }) => route === 'getResult').length;
    await vi.waitFor(() => expect(polls()).toBeGreaterThanOrEqual(3));
    // Whatever was sent before this has come.
    await client.health();
    expect(polls()).toBe(3);
    open();
    expect(await all).toHaveLength(12);
  });

  test('a result that is not what the contract says is thrown', async () => {
    const { client } = await aClient({
      getResult: () => ({ status: 200, body: { status: 'completed', result: { rows: 'many' } } }),
    });
    await expect(client.waitFor(jobId, { contract: csvSummarize })).rejects.toMatchObject({
      name: 'ApiError',
      code: 'invalid_result',
      message: expect.stringContaining(
        `the result of job ${jobId} does not fit the contract: /rows must be a`,
      ),
    });
  });
});

describe('list', () => {
  test('one page, with its filters', async () => {
    const { client, received } = await aClient({
      listJobs: () => ({ status: 200, body: { jobs: [aJob()], cursor: 'c1' } }),
    });
    const filters = {
      status: 'failed',
      tag: ['b c', 'a*'],
      since: '2026-11-22T00:00:00+01:00',
      limit: 10,
    } as const;
    expect(await client.listPage({ ...filters, tag: [...filters.tag] })).toEqual({
      jobs: [aJob()],
      cursor: 'c1',
    });
    expect(received[0]?.query).toEqual({ ...filters, tag: ['a*', 'b c'] });
  });

  test('all pages, an empty one among them', async () => {
    const pages = [
      { jobs: [aJob()], cursor: 'c1' },
      { jobs: [], cursor: 'c/2+=' },
      { jobs: [aJob({ priority: 9 })] },
    ];
    const { client, received } = await aClient({
      listJobs: (_call, nth) => ({ status: 200, body: pages[nth - 1] }),
    });
    const seen: unknown[] = [];
    for await (const page of client.list({ type: 'echo' })) seen.push(page);
    expect(seen).toEqual(pages);
    expect(received.map((call) => call.query)).toEqual([
      { type: 'echo' },
      { type: 'echo', cursor: 'c1' },
      { type: 'echo', cursor: 'c/2+=' },
    ]);
  });
});
