import { describe, expect, it, test } from 'vitest';
import { laneOfArn, readLanes } from '../../functions/lanes.ts';
import { readMessages } from '../../functions/messages.ts';
import { aJobId } from '../support/a-job.ts';

const urls = {
  default: {
    normal: 'https://sqs.eu-west-1.amazonaws.com/000000000000/Queue-default-normal-X1',
    quarantine: 'https://sqs.eu-west-1.amazonaws.com/000000000000/Queue-default-quarantine-X2',
  },
  slow: { quarantine: 'https://sqs.eu-west-1.amazonaws.com/000000000000/Queue-slow-quarantine-X3' },
};
test('addresses are those of the names, beside the one that is told', () => {
  const text =
    '{"url":"https://sqs.eu-west-1.amazonaws.com/000000000000/Queue-default-normal-X1","names":{"default":{"normal":"Queue-default-normal-X1","quarantine":"Queue-default-quarantine-X2"},"slow":{"quarantine":"Queue-slow-quarantine-X3"}}}';
  expect(readLanes(text)).toEqual(urls);
});

const arn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

describe('the lane of an ARN', () => {
  it.each([
    ['Queue-default-normal-X1', false],
    ['Queue-default-quarantine-X2', true],
    ['Queue-slow-quarantine-X3', true],
    ['Queue-default-dead-X4', false],
  ])('%s', (name, quarantine) => {
    expect(laneOfArn(urls, arn(name))).toEqual({
      url: `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`,
      quarantine,
    });
  });

  it('of a function that was told of none is an error', () => {
    expect(() => laneOfArn({}, arn('x'))).toThrow('LANES');
  });
});

it('messages are sorted into pointers and what is none', () => {
  const jobId = aJobId();
  const message = (messageId: string, body: string) =>
    ({
      messageId,
      receiptHandle: `receipt of ${messageId}`,
      body,
      eventSourceARN: arn('Queue-default-quarantine-X2'),
      attributes: { SentTimestamp: '1795341600000', ApproximateReceiveCount: '3' },
    }) as never;
  const pointer = JSON.stringify({ v: 1, tenant: 'acme', job: jobId });
  const { received, unreadable } = readMessages([message('a', pointer), message('b', 'no pointer')], (each) =>
    laneOfArn(urls, each),
  );
  expect(received).toEqual([
    {
      pointer: { tenant: 'acme', jobId },
      messageId: 'a',
      receiptHandle: 'receipt of a',
      queueUrl: urls.default.quarantine,
      quarantine: true,
      sentAt: 1_795_341_600_000,
      receiveCount: 3,
    },
  ]);
  expect(unreadable).toEqual([{ messageId: 'b', body: 'no pointer' }]);
});
