import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { type Lane, lanes as laneNames } from '../../core/lane.ts';
import { aClock } from '../support/clock.ts';
import { memoryLanes } from '../support/memory-lanes.ts';
import { type LanesUnderTest, laneSeconds, receives, type Seen } from './lanes-suite.ts';
import { atEndpoint, credentials, region, startMiniStack } from './targets.ts';

/** The in-memory lanes; waiting moves their clock. */
export async function inMemory(): Promise<LanesUnderTest> {
  const clock = aClock();
  const lanes = memoryLanes(clock, { secondsOf: (lane) => laneSeconds[lane as Lane], receives });
  return {
    lanes,
    urlOf: (lane) => lanes.urls.default?.[lane] ?? '',
    async receive(lane, waitSeconds = 0) {
      let found = lanes.receive(lane);
      for (let waited = 0; found.length === 0 && waited < waitSeconds; waited++) {
        await clock.advance(1_000);
        found = lanes.receive(lane);
      }
      return found.map(({ messageId, receiptHandle, body, attributes }) => ({
        messageId,
        receiptHandle,
        body,
        group: attributes.MessageGroupId ?? '',
        sentAt: Number(attributes.SentTimestamp),
        receiveCount: Number(attributes.ApproximateReceiveCount),
      }));
    },
    acknowledge: async (_lane, { messageId, receiptHandle }) =>
      lanes.finish([{ messageId, receiptHandle } as SQSRecord], { batchItemFailures: [] }),
  };
}

/** The real lanes on MiniStack's SQS; waiting is SQS's own long poll. */
export async function onMiniStack(): Promise<{ on: LanesUnderTest; stop(): Promise<void> }> {
  const { endpoint, stop } = await startMiniStack();
  const sqs = new SQSClient({ endpoint, region, credentials });
  const urls = await createQueues(sqs);
  const { sqsLanes } = await atEndpoint(endpoint, () => import('../../functions/aws/lanes.ts'));
  const on: LanesUnderTest = {
    lanes: sqsLanes({ default: urls }, () => {}),
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
      return Messages.map(seenOf);
    },
    async acknowledge(lane, { receiptHandle }) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: urls[lane], ReceiptHandle: receiptHandle }));
    },
  };
  return { on, stop };
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
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urls.dead, AttributeNames: ['QueueArn'] }),
  );
  const redrive = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: receives });
  for (const lane of laneNames)
    await create(lane, { VisibilityTimeout: String(laneSeconds[lane]), RedrivePolicy: redrive });
  return urls;
}

function seenOf({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }: Message): Seen {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    group: Attributes.MessageGroupId ?? '',
    sentAt: Number(Attributes.SentTimestamp),
    receiveCount: Number(Attributes.ApproximateReceiveCount),
  };
}
