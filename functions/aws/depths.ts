import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type LaneDepth, type LaneUrls, urlOfLane } from '../lanes.ts';
import { sqs } from './clients.ts';

/** A lane's depth as SQS counts it: approximate, and up to a minute late. */
export function sqsDepth(urls: LaneUrls): LaneDepth {
  return async (queue, lane) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: urlOfLane(urls, queue, lane) ?? '',
        AttributeNames: ['ApproximateNumberOfMessages'],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  };
}
