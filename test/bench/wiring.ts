import type { LocalAws } from '../../local/state.ts';
import { type AwsClients, stackResources } from './aws.ts';

export type WiringName = 'taskq' | 'naive' | 'powertools';

/** One of the wirings that are compared, as it is deployed. */
export interface Wiring {
  name: WiringName;
  /** Where a batch is posted to. */
  url: string;
  /** The body of a batch. */
  body: (payloads: readonly unknown[]) => string;
  status: number;
  logGroups: { enqueue: string; work: string };
  queueUrl: string;
  table: string;
  /**
   * AWS calls of one invocation that wait for each other, for the modelled time of Lambda (25 jobs a
   * request, 10 a receive); what goes side by side counts once.
   */
  inSequence: { enqueue: number; work: number };
  /** Days that a finished job's item is kept; with point-in-time recovery, which doubles nearly what it costs. */
  keptDays: number;
  /** USD per million jobs for unwrapping tenant keys, which no window is long enough to show. */
  keysPrice: number;
  /** Messages carry a group id: fair queues charge for it. */
  fairQueues: boolean;
}

/** The job of the bulk runs: `echo`, 200 bytes of JSON in and out, so that both ride in the record. */
export const bulkPayload = { message: 'x'.repeat(200 - '{"message":""}'.length) };

/** Finds the deployed wirings by the logical ids of their stacks. */
export async function findWirings(local: LocalAws, aws: AwsClients): Promise<Record<WiringName, Wiring>> {
  const group = 'AWS::Logs::LogGroup';
  const taskq = await stackResources(aws, 'taskq-queue');
  const peers = await stackResources(aws, 'bench');
  const peer = (name: 'naive' | 'powertools', inSequence: Wiring['inSequence']): Wiring => ({
    name,
    url: `${local.endpoint}/_aws/execute-api/${peers('AWS::ApiGateway::RestApi', 'api')}/live/${name}`,
    body: (payloads) => JSON.stringify({ jobs: payloads }),
    status: 202,
    logGroups: { enqueue: peers(group, `${name}enqueuelog`), work: peers(group, `${name}worklog`) },
    queueUrl: peers('AWS::SQS::Queue', `${name}queue`),
    table: `bench-${name}`,
    inSequence,
    keptDays: name === 'naive' ? 30 : 1 / 24,
    keysPrice: 0,
    fairQueues: false,
  });
  return {
    taskq: {
      name: 'taskq',
      url: `${local.apiUrl}/v1/jobs/batch`,
      body: (payloads) => JSON.stringify({ jobs: payloads.map((payload) => ({ type: 'echo', payload })) }),
      status: 207,
      logGroups: { enqueue: taskq(group, 'enqueuelog'), work: taskq(group, 'workdefaultlog') },
      queueUrl: taskq('AWS::SQS::Queue', 'defaultnormal'),
      table: 'taskq-jobs',
      // 25 jobs are sent side by side, then inserted; a receive is claimed and settled.
      inSequence: { enqueue: 2, work: 2 },
      keptDays: 30,
      // 200 containers, 1,000 tenants, 5 minutes in the cache, 16,667 jobs a second: 0.04 Decrypts a job.
      keysPrice: 0.12,
      fairQueues: true,
    },
    // GenerateDataKey, PutItem, SendMessage; Decrypt, UpdateItem, UpdateItem.
    naive: peer('naive', { enqueue: 3, work: 3 }),
    // SendMessageBatch; PutItem, UpdateItem.
    powertools: peer('powertools', { enqueue: 1, work: 2 }),
  };
}
