import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { makeApi, newTenant } from './api.ts';
import { makeAws } from './aws.ts';

const local = inject('taskq');
const aws = await makeAws(local);
const api = makeApi(local, newTenant());
const soon = { timeout: 30_000, interval: 100 };
const hour = 3_600_000;
const far = { delay_seconds: 1_000 };

/** The sum of the workers' metric, which is a line in their logs. */
async function unreadableCounted(): Promise<number> {
  return (await aws.logLines())
    .filter((line) => line.includes('"message":"work"') && line.includes('"UnreadableMessages"'))
    .reduce((sum, line) => sum + JSON.parse(line).UnreadableMessages, 0);
}

// A test that failed while it kept the worker from this lane must not spoil the next.
afterEach(() => aws.feed('default', 'low', true));

it('a job due beyond 15 minutes waits in attention, and release brings it back when it is time', async () => {
  const lane = aws.laneUrl('default', 'critical');
  const before = await aws.depth(lane);
  const job = await api.enqueue('echo', { message: 'far' }, { ...far, priority: 9 });
  expect(job.status).toBe('scheduled');
  expect(await aws.depth(lane)).toEqual(before);
  const dueAt = Date.parse(job.available_at);
  expect(await aws.record(api.tenant, job.id)).toMatchObject({
    attention: expect.stringMatching(/^due#\d\d$/),
    attentionAt: dueAt - 900_000,
  });

  await aws.invoke('release');
  expect(await api.get(job.id)).toEqual(job);
  expect(await aws.depth(lane)).toEqual(before);

  await aws.setOnRecord(api.tenant, job.id, {
    availableAt: dueAt - hour,
    attentionAt: dueAt - hour - 900_000,
  });
  await aws.invoke('release');
  expect(await api.finished(job.id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await aws.record(api.tenant, job.id))?.attention).toBeUndefined();
});

it('release hands a job over in its last 15 minutes, with the rest as a delay', async () => {
  const lane = aws.laneUrl('default', 'critical');
  const before = await aws.depth(lane);
  const { id, available_at } = await api.enqueue('echo', {}, { ...far, priority: 9 });
  const soonAt = Date.parse(available_at) - 400_000;
  await aws.setOnRecord(api.tenant, id, { availableAt: soonAt, attentionAt: soonAt - 900_000 });
  await aws.invoke('release');
  expect(await aws.depth(lane)).toEqual({ ...before, delayed: before.delayed + 1 });
  expect((await api.get(id)).status).toBe('scheduled');
});

it('a retry whose pointer got lost is brought back by its entry', async () => {
  const QueueUrl = aws.laneUrl('default', 'low');
  const { id } = await api.enqueue('echo', { message: 'lost' }, { ...far, priority: 0 });
  await api.call('cancelJob', { id });
  await aws.feed('default', 'low', false);
  expect((await api.call('retryJob', { id })).status).toBe(200);
  const { Messages: [lost] = [] } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(JSON.parse(lost?.Body ?? '').job).toBe(id);
  await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: lost?.ReceiptHandle }));
  await aws.feed('default', 'low', true);
  expect((await api.get(id)).status).toBe('pending');

  const { attentionAt = 0 } = (await aws.record(api.tenant, id)) ?? {};
  await aws.setOnRecord(api.tenant, id, { attentionAt: attentionAt - hour });
  await aws.invoke('release');
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
});

it('a message that is no pointer is kept, counted and acknowledged, and the worker goes on', async () => {
  const countedBefore = await unreadableCounted();
  const lane = aws.laneUrl('default', 'high');
  const before = await aws.depth(lane);
  const bodies = [
    'no pointer',
    '{"v":2,"tenant":"x","job":"y"}',
    '{"v":1,"tenant":"Not One","job":"1"}',
    'ünreadable',
  ];
  const sent = new Map<string, string>();
  for (const body of bodies) sent.set(`unreadable/default/${await aws.sendMessage(lane, body)}`, body);
  const { id } = await api.enqueue('echo', {}, { priority: 8 });
  expect((await api.finished(id)).status).toBe('completed');

  await vi.waitFor(async () => expect(await aws.depth(lane)).toEqual(before), soon);
  const kept = await aws.objects('unreadable/default/');
  expect([...sent.keys()].map((key) => kept.get(key)?.toString())).toEqual(bodies);
  expect((await unreadableCounted()) - countedBefore).toBe(4);
});

it('a message received too often is buried, and its job completes through quarantine', async () => {
  const QueueUrl = aws.laneUrl('default', 'low');
  const dead = aws.laneUrl('default', 'dead');
  const before = [await aws.depth(QueueUrl), await aws.depth(dead)];
  await aws.feed('default', 'low', false);
  const { id } = await api.enqueue('echo', { message: 'innocent' }, { priority: 0 });
  for (let receive = 1; receive <= 20; receive++) {
    const { Messages = [] } = await aws.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }),
    );
    // All that a queue ever sees of a job.
    expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toEqual([
      { v: 1, tenant: api.tenant, job: id },
    ]);
  }
  // The 21st receive finds nothing: SQS moves the message to the dead letters.
  expect((await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages ?? []).toEqual([]);
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1, lane: 'low' });
  expect(await aws.record(api.tenant, id)).toMatchObject({ buried: 1, fence: 1 });
  await vi.waitFor(
    async () => expect([await aws.depth(QueueUrl), await aws.depth(dead)]).toEqual(before),
    soon,
  );
});

it('burials, however many, fail no job that has attempts left: it starts in its time, or when a person says', async () => {
  const dead = aws.laneUrl('default', 'dead');
  const { id } = await api.enqueue('echo', { message: 'again' }, far);
  for (const buried of [1, 2, 3, 4]) {
    await aws.sendPointer(dead, api.tenant, id);
    await vi.waitFor(async () => expect((await aws.record(api.tenant, id))?.buried).toBe(buried), soon);
  }
  expect((await api.get(id)).status).toBe('scheduled');
  expect((await api.call('patchJob', { id, body: { run_at: new Date().toISOString() } })).status).toBe(200);
  expect(await api.finished(id)).toMatchObject({ status: 'completed', attempt: 1 });
});
