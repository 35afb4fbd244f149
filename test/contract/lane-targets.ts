import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { type Lane, lanes as laneNames } from '../../core/lane.ts';
import { aClock } from '../support/clock.ts';
import { memoryLanes } from '../support/memory-lanes.ts';
import { memorySqs } from '../support/memory-sqs.ts';
import type { SqsMessage } from '../support/sqs-model.ts';
import { type LanesUnderTest, laneSeconds, receives } from './lanes-suite.ts';
import type { SqsUnderTest } from './sqs-suite.ts';
import { atEndpoint, credentials, region, startMiniStack } from './targets.ts';

/** The in-memory lanes; waiting moves their clock. */
export async function inMemory(): Promise<LanesUnderTest> {
  const clock = aClock();
  const lanes = memoryLanes(clock, { secondsOf: (lane) => laneSeconds[lane as Lane], receives });
  return {
    lanes,
    depth: lanes.depth,
    urlOf: (lane) => lanes.urls.default?.[lane] ?? '',
    async receive(lane, waitSeconds = 0) {
      let found = lanes.receive(lane);
      for (let waited = 0; found.length === 0 && waited < waitSeconds; waited++) {
        await clock.advance(1_000);
        found = lanes.receive(lane);
      }
      return found.map(({ messageId, receiptHandle, body, attributes }) =>
        messageOf({
          MessageId: messageId,
          ReceiptHandle: receiptHandle,
          Body: body,
          Attributes: { ...attributes },
        }),
      );
    },
    acknowledge: async (lane, { messageId, receiptHandle }) =>
      lanes.finish([{ messageId, receiptHandle, eventSourceARN: `queue-${lane}` } as SQSRecord], {
        batchItemFailures: [],
      }),
  };
}

/** SQS in memory, its clock standing still. */
export async function sqsInMemory(): Promise<SqsUnderTest> {
  const sqs = memorySqs(aClock().now, { plain: { visibilitySeconds: 30 } });
  return {
    oldHandle: 'ignored',
    send: async (entries) => sqs.send('plain', entries).filter((each) => 'messageId' in each).length,
    receive: async () => sqs.receive('plain', 10),
    remove: async (receiptHandle) => sqs.remove('plain', receiptHandle),
    changeVisibility: async (receiptHandle, seconds) => sqs.changeVisibility('plain', receiptHandle, seconds),
  };
}

function sqsCalls(sqs: SQSClient, QueueUrl: string): SqsUnderTest {
  return {
    oldHandle: 'refused',
    async send(entries) {
      const Entries = entries.map(({ body, group }, index) => ({
        Id: String(index),
        MessageBody: body,
        MessageGroupId: group,
      }));
      const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      return Successful.length;
    },
    async receive() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      return Messages.map(messageOf);
    },
    async remove(ReceiptHandle) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    },
    async changeVisibility(ReceiptHandle, VisibilityTimeout) {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    },
  };
}

/** The real lanes on MiniStack's SQS; waiting is SQS's own long poll. */
export async function onMiniStack(): Promise<{
  on: LanesUnderTest;
  sqs: SqsUnderTest;
  stop(): Promise<void>;
}> {
  const { endpoint, stop } = await startMiniStack();
  const sqs = new SQSClient({ endpoint, region, credentials });
  const urls = await createQueues(sqs);
  const { sqsLanes, sqsDepth } = await atEndpoint(endpoint, async () => ({
    ...(await import('../../functions/aws/lanes.ts')),
    ...(await import('../../functions/aws/depths.ts')),
  }));
  const on: LanesUnderTest = {
    lanes: sqsLanes({ default: urls }, () => {}),
    depth: sqsDepth({ default: urls }),
    urlOf: (lane) => urls[lane] ?? '',
    async receive(lane, waitSeconds = 0) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: urls[lane],
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      return Messages.map(messageOf);
    },
    async acknowledge(lane, { receiptHandle }) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: urls[lane], ReceiptHandle: receiptHandle }));
    },
  };
  return { on, sqs: sqsCalls(sqs, urls.plain ?? ''), stop };
}

async function createQueues(sqs: SQSClient): Promise<Record<string, string>> {
  const urls: Record<string, string> = {};
  const create = async (name: string, attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `default-${name}`, Attributes: attributes }),
    );
    urls[name] = QueueUrl;
  };
  await create('dead', {});
  await create('plain', { VisibilityTimeout: '30' });
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urls.dead, AttributeNames: ['QueueArn'] }),
  );
  const redrive = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: receives });
  for (const lane of laneNames)
    await create(lane, { VisibilityTimeout: String(laneSeconds[lane]), RedrivePolicy: redrive });
  return urls;
}

function messageOf({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }: Message): SqsMessage {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    ...(Attributes.MessageGroupId === undefined ? {} : { group: Attributes.MessageGroupId }),
    sentAt: Number(Attributes.SentTimestamp),
    firstReceivedAt: Number(Attributes.ApproximateFirstReceiveTimestamp),
    receiveCount: Number(Attributes.ApproximateReceiveCount),
  };
}
