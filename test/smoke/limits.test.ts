/** What LocalStack can and cannot show, beside MiniStack and AWS: the table of docs/local-aws.md. */
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect, inject, it, vi } from 'vitest';
import { jobKey } from '../../core/table.ts';
import { signedFetch } from '../../local/signed.ts';
import { tableStream } from '../contract/table-stream.ts';
import { fetched, makeApi, newTenant } from '../e2e/api.ts';
import { makeAws } from '../e2e/aws.ts';

const local = inject('taskq');
const { endpoint, region, credentials } = local;
const soon = { timeout: 60_000, interval: 200 };

it('a call without a signature is let in, and whoever calls is unknown: IAM is not enforced', async () => {
  expect((await fetched(`${local.apiUrl}/health`)).status).toBe(200);
  const { created_by } = await makeApi(local, newTenant()).enqueue('echo', {});
  expect(created_by).toBe('unknown');
});

it('no dashboard is made', async () => {
  const form = { Action: 'ListDashboards', Version: '2010-08-01' };
  const answer = await signedFetch(local, `${endpoint}/`, { service: 'monitoring', method: 'POST', form });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, expect.stringContaining('<ListDashboardsResult>')]);
  expect(text).not.toContain('taskq');
});

it('every write of a job is in the stream of its table, PartiQL or not', async () => {
  const api = makeApi(local, newTenant());
  const { id } = await api.enqueue('echo', {});
  await api.finished(id);
  const table = (await makeAws(local)).tables.jobs ?? '';
  const stream = tableStream({ endpoint, table, region, credentials });
  const records = await stream.read(jobKey(api.tenant, id));
  expect(records.map(({ eventName, after }) => [eventName, after?.status])).toEqual([
    ['INSERT', 'pending'],
    ['MODIFY', 'running'],
    ['MODIFY', 'completed'],
  ]);
});

it('KMS opens nothing that was changed, and nothing in another context', async () => {
  const kms = new KMSClient({ endpoint, region, credentials });
  const EncryptionContext = { tenant: 'acme' };
  const KeyId = local.stacks['taskq-data']?.KeyArn;
  const { CiphertextBlob = new Uint8Array() } = await kms.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }),
  );
  const changed = Uint8Array.from(CiphertextBlob);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const decrypt = (blob: Uint8Array, tenant: string) =>
    kms.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { tenant } }));
  expect((await decrypt(CiphertextBlob, 'acme')).Plaintext).toHaveLength(32);
  await expect(decrypt(changed, 'acme')).rejects.toThrow();
  await expect(decrypt(CiphertextBlob, 'other')).rejects.toThrow();
});

it('Step Functions knows TimeoutSecondsPath', async () => {
  const sfn = new SFNClient({ endpoint, region, credentials });
  const wait = {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Parameters: {
      QueueUrl: (await makeAws(local)).laneUrl('default', 'dead'),
      MessageBody: { 'token.$': '$$.Task.Token' },
    },
    TimeoutSecondsPath: '$.seconds',
    End: true,
  };
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name: `timeout-${newTenant()}`,
      roleArn: 'arn:aws:iam::000000000000:role/any',
      definition: JSON.stringify({ StartAt: 'wait', States: { wait } }),
    }),
  );
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ seconds: 2 }) }),
  );
  const execution = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
  await vi.waitFor(async () => expect((await execution()).status).not.toBe('RUNNING'), soon);
  expect(await execution()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});
