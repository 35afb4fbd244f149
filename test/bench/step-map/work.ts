import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { counted } from '../../../functions/aws/calls.ts';
import { logInvocation } from '../../../functions/log.ts';
import run from '../../../jobs/echo/run.ts';

const sfn = counted(new SFNClient({}));

/** A node of a plain Map: run, then the task token is handed back; all of a receive side by side. */
export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const settled = await Promise.allSettled(event.Records.map(workOne));
  const failed = event.Records.filter((_, index) => settled[index]?.status === 'rejected');
  logInvocation('work', { completed: settled.length - failed.length, failed: failed.length }, {}, Date.now());
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};

async function workOne({ body }: SQSRecord): Promise<void> {
  const { token, node } = JSON.parse(body) as { token: string; node: unknown };
  const startedAt = Date.now();
  await run({ message: node }, undefined as never);
  const output = JSON.stringify({ startedAt, finishedAt: Date.now() });
  await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output }));
}
