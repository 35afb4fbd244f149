import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Counts } from '../../core/telemetry.ts';
import { deathFinder } from '../aws/deaths.ts';
import { jobStore } from '../aws/jobs.ts';
import { sqsLanes } from '../aws/lanes.ts';
import { storeUnreadable } from '../aws/objects.ts';
import { tellLater } from '../aws/tell.ts';
import { readEnv } from '../env.ts';
import { laneOfArn } from '../lanes.ts';
import { errorLog, logInvocation, logLine } from '../log.ts';
import { tellingStore } from '../tell.ts';
import { bury } from './bury.ts';

const env = readEnv('bury');
const onError = errorLog({});
const urls = JSON.parse(env.LANES);

const step = bury({
  store: tellingStore(jobStore(env.JOBS_TABLE, sleep, onError), tellLater(env.CONTROL_TABLE), onError),
  lanes: sqsLanes(urls, onError),
  findDeath: deathFinder(JSON.parse(env.WORKER_LOGS), onError),
  now: Date.now,
  urlOf: (arn) => laneOfArn(urls, arn),
  storeUnreadable: ({ messageId, body }) => storeUnreadable(env.DATA_BUCKET, 'dead', messageId, body),
  onError,
  log: (message, fields) => logLine('warn', message, fields),
});

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  const counts: Counts = {};
  const answer = await step(event.Records, counts);
  const fields = { messages: event.Records.length, stay: answer.batchItemFailures.length };
  logInvocation('bury', counts, { ...fields, request_id: context.awsRequestId }, Date.now());
  return answer;
};
