import { beforeEach, expect, it, vi } from 'vitest';
import type { Delivery } from '../../../functions/lanes.ts';
import { aJobId } from '../../support/a-job.ts';

interface Batch {
  QueueUrl: string;
  Entries: { Id: string; MessageBody?: string }[];
}
const aws = vi.hoisted(() => ({
  sent: [] as unknown[],
  refuses: (_body: string): boolean => false,
  breaks: (_url: string): boolean => false,
}));
vi.mock('../../../functions/aws/clients.ts', () => ({
  sqs: {
    async send({ input }: { input: Batch }) {
      if (aws.breaks(input.QueueUrl)) throw new Error(`${input.QueueUrl} is broken`);
      aws.sent.push(input);
      const taken = input.Entries.filter(({ MessageBody = '' }) => !aws.refuses(MessageBody));
      return { Successful: taken.map(({ Id }) => ({ Id })) };
    },
  },
}));
const { sqsLanes } = await import('../../../functions/aws/lanes.ts');

let reported: string[] = [];
const lanes = sqsLanes(
  { default: { normal: 'url-normal', high: 'url-high' } },
  (_, error) => void reported.push((error as Error).message),
);
const delivery = (lane: 'normal' | 'high'): Delivery => ({
  queue: 'default',
  lane,
  pointer: { tenant: 'acme', jobId: aJobId() },
  delaySeconds: 7,
});
const sizes = () => (aws.sent as Batch[]).map(({ QueueUrl, Entries }) => [QueueUrl, Entries.length]);

beforeEach(() => {
  aws.sent = [];
  aws.refuses = () => false;
  aws.breaks = () => false;
  reported = [];
});

it('pointers of one lane share calls of ten, each with its tenant, its delay and an id of its own', async () => {
  const deliveries = Array.from({ length: 23 }, (_, index) => delivery(index % 2 === 0 ? 'normal' : 'high'));
  await lanes.deliver(deliveries);
  expect(sizes()).toEqual([
    ['url-normal', 10],
    ['url-high', 10],
    ['url-normal', 2],
    ['url-high', 1],
  ]);
  const [first] = aws.sent as { Entries: object[] }[];
  expect(first?.Entries[1]).toEqual({
    Id: '2',
    MessageBody: JSON.stringify({ v: 1, tenant: 'acme', job: deliveries[2]?.pointer.jobId }),
    DelaySeconds: 7,
    MessageGroupId: 'acme',
  });
});

it('a pointer that SQS does not take is answered in its place', async () => {
  const deliveries = Array.from({ length: 13 }, () => delivery('normal'));
  const refused = [deliveries[3], deliveries[11]].map((each) => each?.pointer.jobId ?? '');
  aws.refuses = (body) => refused.some((id) => body.includes(id));
  expect(await lanes.deliver(deliveries)).toEqual(deliveries.map((_, index) => index !== 3 && index !== 11));
});

it('a lane that is not deployed takes nothing, and the pointers beside it go', async () => {
  const astray = { ...delivery('normal'), queue: 'slow' };
  expect(await lanes.deliver([astray, delivery('normal')])).toEqual([false, true]);
  expect(reported).toEqual(['no lane "normal" of queue "slow" is deployed']);
});

it('a call that fails loses its own pointers alone', async () => {
  aws.breaks = (url) => url === 'url-high';
  expect(await lanes.deliver([delivery('high'), delivery('normal')])).toEqual([false, true]);
  expect(reported).toEqual(['url-high is broken']);
});

it('messages are hidden in calls of ten, lane by lane', async () => {
  const hiding = (queueUrl: string, seconds: number) => ({
    queueUrl,
    receiptHandle: `receipt ${seconds}`,
    seconds,
  });
  await lanes.hide([
    ...Array.from({ length: 12 }, (_, index) => hiding('url-normal', index)),
    hiding('url-high', 5),
  ]);
  expect(sizes()).toEqual([
    ['url-normal', 10],
    ['url-normal', 2],
    ['url-high', 1],
  ]);
  expect((aws.sent as Batch[])[2]?.Entries).toEqual([
    { Id: '12', ReceiptHandle: 'receipt 5', VisibilityTimeout: 5 },
  ]);
});
