import { dirname } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cdkEnvironment, tellingLines } from '../../local/deploy.ts';
import { statePaths } from '../../local/state.ts';

describe('the telling lines of a CDK log', () => {
  it('are those about failures, once each, without colours', () => {
    const log = [
      'taskq-data: deploying... [1/3]',
      'taskq-data | 1/9 | CREATE_COMPLETE | AWS::KMS::Key | Key',
      '\u001b[31mtaskq-data | 2/9 | CREATE_FAILED | AWS::SQS::Queue | Lane | no\u001b[39m',
      '\u001b[31mtaskq-data | 2/9 | CREATE_FAILED | AWS::SQS::Queue | Lane | no\u001b[39m',
      '',
      '❌  taskq-data: it went wrong   ',
    ].join('\n');
    expect(tellingLines(log)).toEqual([
      'taskq-data | 2/9 | CREATE_FAILED | AWS::SQS::Queue | Lane | no',
      '❌  taskq-data: it went wrong',
    ]);
  });

  it('of a declaration that TaskQ refuses are its faults, and nothing of Node or CDK', () => {
    const log = [
      'Error: TaskQ cannot be built:',
      '  - type "text.count" has timeoutSeconds 90; at most 60',
      '  - type "text.count" names queue "defalt", which is not declared',
      '    at failure (infra/app.ts:9:3)',
      'node infra/app.ts: Subprocess exited with error 1',
    ].join('\n');
    expect(tellingLines(log)).toEqual([
      'Error: TaskQ cannot be built:',
      '  - type "text.count" has timeoutSeconds 90; at most 60',
      '  - type "text.count" names queue "defalt", which is not declared',
    ]);
  });

  it('name the place of an exception', () => {
    const log =
      'file:///code/infra/alarms.ts:41\n  $count times\n\nReferenceError: count is not defined\n  at alarms (x:41:46)';
    expect(tellingLines(log)).toEqual([
      'file:///code/infra/alarms.ts:41',
      'ReferenceError: count is not defined',
    ]);
  });

  it('are the last 15 if none is about a failure', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    expect(tellingLines(lines.join('\n'))).toEqual(lines.slice(5));
  });
});

describe('the environment of CDK', () => {
  afterEach(() => vi.unstubAllEnvs());
  const target = {
    endpoint: 'http://localhost:4566',
    auth: false,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'me', secretAccessKey: 'secret' },
  };

  it('names the endpoint and nothing of the user but the PATH, with this Node first', () => {
    vi.stubEnv('AWS_PROFILE', 'production');
    vi.stubEnv('NODE_OPTIONS', '--inspect');
    vi.stubEnv('TMPDIR', '/tmp/mine');
    vi.stubEnv('PATH', '/usr/bin');
    expect(cdkEnvironment(statePaths('/state'), target)).toEqual({
      PATH: `${dirname(process.execPath)}:/usr/bin`,
      HOME: '/state/home',
      TMPDIR: '/tmp/mine',
      AWS_ENDPOINT_URL: 'http://localhost:4566',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4566',
      AWS_ACCESS_KEY_ID: 'me',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      NO_COLOR: '1',
      CDK_VALIDATION: 'false',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
    });
  });

  it('leaves a name alone that only begins with localhost', () => {
    const endpoint = 'http://localhost.localstack.cloud:4566';
    expect(cdkEnvironment(statePaths('/state'), { ...target, endpoint }).AWS_ENDPOINT_URL_S3).toBe(endpoint);
  });

  it('keeps the S3 endpoint that the user set', () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://s3.localhost.localstack.cloud:4566');
    expect(cdkEnvironment(statePaths('/state'), target).AWS_ENDPOINT_URL_S3).toBe(
      'http://s3.localhost.localstack.cloud:4566',
    );
  });
});
