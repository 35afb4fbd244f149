/**
 * LocalStack without Docker: its open code from the Python package index, with an executor of our own for
 * Lambda functions (`localstack/`) and DynamoDB Local from Maven Central.
 */
import { delimiter, dirname, join } from 'node:path';
import { dynamoDbLocalCommand, ensureDynamoDbLocal, whatIsMissing } from './dynamodb-local.ts';
import type { Emulator } from './emulators.ts';
import { javaTag } from './processes.ts';
import { ensureVenv } from './python.ts';
import { Trouble, type Write } from './report.ts';
import { type EmulatorRecord, projectRoot, type StatePaths } from './state.ts';
import { uvVenv } from './uv.ts';

const folder = join(projectRoot, 'local', 'localstack');

export const localstack: Emulator = {
  title: 'LocalStack',
  health: '/_localstack/health',
  announcement: () => 'Ready.',
  portTaken: "Couldn't listen on",
  installation: (paths) => paths.localstack,
  install,
  environment: localstackEnvironment,
};

async function install(paths: StatePaths, write: Write): Promise<string> {
  const missing = await whatIsMissing();
  if (missing !== undefined)
    throw new Trouble(
      `LocalStack keeps its tables in DynamoDB Local. ${missing}.\nInstall it and run this again.`,
    );
  const requirements = join(folder, 'requirements.txt');
  const venv = { directory: paths.localstack, requirements, program: 'LocalStack', seconds: 30 };
  const python = await ensureVenv(venv, write, uvVenv(paths));
  await ensureDynamoDbLocal(write);
  return python;
}

/** As with MiniStack nothing is inherited, but for the PATH, on which Java is. */
export function localstackEnvironment({ port, tmp }: EmulatorRecord): Record<string, string> {
  const address = `127.0.0.1:${port}`;
  return {
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    HOME: tmp,
    TMPDIR: tmp,
    PYTHONUTF8: '1',
    PYTHONPATH: folder,
    // Not beside the sources.
    PYTHONPYCACHEPREFIX: join(projectRoot, '.taskq', 'localstack', 'pycache'),
    // In a container it would take that for its own image, and download what an image has.
    OVERRIDE_IN_DOCKER: '0',
    FILESYSTEM_ROOT: tmp,
    GATEWAY_LISTEN: address,
    LOCALSTACK_HOST: address,
    // By default a queue's URL has a host name of its own, which does not resolve everywhere.
    SQS_ENDPOINT_STRATEGY: 'path',
    // No call to anyone outside: a certificate, statistics, names.
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DISABLE_EVENTS: '1',
    DNS_ADDRESS: '0',
    LAMBDA_RUNTIME_EXECUTOR: 'taskq',
    // The default's streams need a program that it would fetch; these read DynamoDB Local's own.
    PROVIDER_OVERRIDE_DYNAMODB: 'v2',
    PROVIDER_OVERRIDE_DYNAMODBSTREAMS: 'v2',
    DYNAMODB_IN_MEMORY: '1',
    TASKQ_DYNAMODB_LOCAL: JSON.stringify(dynamoDbLocalCommand(javaTag(tmp))),
  };
}
