import { delimiter, dirname } from 'node:path';
import { expect, it } from 'vitest';
import { localstackEnvironment } from '../../local/localstack.ts';
import { projectRoot } from '../../local/state.ts';

it('LocalStack listens on loopback, calls nobody, and finds the executor and the database', () => {
  const found = localstackEnvironment({ port: 4711, auth: false, tmp: '/tmp/taskq-a' });
  expect(found).toMatchObject({
    HOME: '/tmp/taskq-a',
    TMPDIR: '/tmp/taskq-a',
    FILESYSTEM_ROOT: '/tmp/taskq-a',
    PYTHONPATH: `${projectRoot}/local/localstack`,
    GATEWAY_LISTEN: '127.0.0.1:4711',
    LOCALSTACK_HOST: '127.0.0.1:4711',
    LAMBDA_RUNTIME_EXECUTOR: 'taskq',
    DISABLE_EVENTS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DNS_ADDRESS: '0',
  });
  expect(found.PATH?.split(delimiter)[0]).toBe(dirname(process.execPath));
  expect(found).not.toHaveProperty('NODE_OPTIONS');
  const command = JSON.parse(found.TASKQ_DYNAMODB_LOCAL ?? '');
  expect(command).toContain('-Dtaskq=/tmp/taskq-a');
  expect(command.at(-1)).toBe(`${projectRoot}/local/DynamoDbLocal.java`);
});
