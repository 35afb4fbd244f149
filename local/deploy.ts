/** Deploys the stacks of `infra/` with the plain CDK command to an endpoint that speaks AWS. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { stripVTControlCharacters } from 'node:util';
import { indent, step, Trouble, type Write } from './report.ts';
import { type Caller, signedFetch } from './signed.ts';
import { type LocalAws, projectRoot, readState, removeState, type StatePaths } from './state.ts';

/** Where to deploy. */
export interface Target extends Caller {
  endpoint: string;
  /** Signatures and policies are enforced there. */
  auth: boolean;
}

type Stacks = LocalAws['stacks'];

const interrupts: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Bootstraps the endpoint if it is new, deploys all stacks and returns their outputs. */
export async function deploy(paths: StatePaths, target: Target, write: Write): Promise<Stacks> {
  await mkdir(paths.home, { recursive: true });
  await writeFile(paths.deployLog, '');
  removeState(paths.outputs);
  const account = await accountOf(target);
  if (!(await isBootstrapped(target))) {
    await step(write, 'bootstrapping', () =>
      cdk(paths, target, paths.directory, ['bootstrap', `aws://${account}/${target.region}`]),
    );
  }
  if (target.auth) await allowPlainHttp(target, account);
  const where = [
    '--context',
    'stage=local',
    '--output',
    paths.cloudAssembly,
    '--outputs-file',
    paths.outputs,
  ];
  const how = ['--all', '--require-approval', 'never', '--progress', 'events'];
  await step(write, 'deploying', () => cdk(paths, target, projectRoot, ['deploy', ...where, ...how]));
  return readState<Stacks>(paths.outputs) ?? {};
}

/** The account that the credentials belong to; also the first sign of life of an endpoint. */
async function accountOf(target: Target): Promise<string> {
  const { status, text } = await query(target, 'sts', 'GetCallerIdentity', '2011-06-15').catch(
    (error: Error) => {
      const { message, code } = (error.cause ?? error) as NodeJS.ErrnoException;
      throw new Trouble(
        `no AWS answers at ${target.endpoint}: ${message || code}.\n` +
          'Start what AWS_ENDPOINT_URL names, or unset that variable: then MiniStack is started for you.',
      );
    },
  );
  const account = /<Account>(\d{12})<\/Account>/.exec(text)?.[1];
  if (account) return account;
  throw new Trouble(
    `${target.endpoint} does not speak AWS: it answered ${status} to GetCallerIdentity:\n${text.slice(0, 500)}`,
  );
}

/** A stack that was interrupted while it was made is there too, and is no use. */
async function isBootstrapped(target: Target): Promise<boolean> {
  const stack = { StackName: 'CDKToolkit' };
  const { text } = await query(target, 'cloudformation', 'DescribeStacks', '2010-05-15', stack);
  return /<StackStatus>(CREATE|UPDATE)_COMPLETE</.test(text);
}

async function query(target: Target, service: string, Action: string, Version: string, parameters = {}) {
  const form = { Action, Version, ...parameters };
  const response = await signedFetch(target, `${target.endpoint}/`, { service, method: 'POST', form });
  return { status: response.status, text: await response.text() };
}

/** The bootstrapped bucket's policy refuses uploads without TLS; an emulator that obeys policies speaks plain HTTP. */
async function allowPlainHttp(target: Target, account: string): Promise<void> {
  const policy = `${target.endpoint}/cdk-hnb659fds-assets-${account}-${target.region}?policy`;
  const { status } = await signedFetch(target, policy, { service: 's3', method: 'DELETE' });
  if (status !== 204)
    throw new Trouble(`the policy of CDK's asset bucket could not be removed: ${status} for ${policy}`);
}

/**
 * Runs the CDK command with its output in the deploy log; throws the telling lines if it fails. The app in
 * cdk.json of `cwd` is synthesised: bootstrapping needs none and is a second faster elsewhere.
 */
async function cdk(paths: StatePaths, target: Target, cwd: string, command: string[]): Promise<void> {
  const log = createWriteStream(paths.deployLog, { flags: 'a' });
  const program = join(projectRoot, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  if (!existsSync(program)) throw new Trouble(`${program} is missing: run \`npm install\` first`);
  const child = spawn(
    process.execPath,
    [program, ...command, '--no-notices', '--no-version-reporting', '--ci'],
    {
      cwd,
      env: cdkEnvironment(paths, target),
      timeout: 600_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // CDK goes on after a Ctrl-C, and the next run would meet it. Waiting for its end makes its pid free.
  const interrupted = () => {
    child.once('close', () => process.exit(130));
    child.kill('SIGKILL');
  };
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const [code, killed] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...result) => resolve(result));
    for (const name of interrupts) process.once(name, interrupted);
  }).finally(() => {
    for (const name of interrupts) process.off(name, interrupted);
  });
  log.end();
  await finished(log);
  if (code === 0) return;
  throw new Trouble(
    `cdk ${command[0]} ${killed ? 'was ended after 10 min' : `failed (exit code ${code})`}:\n` +
      `${indent(tellingLines(readFileSync(paths.deployLog, 'utf8')))}\n` +
      `All of its output: ${paths.deployLog}. Correct it and run \`npm run up\` again.`,
  );
}

/** The lines of a CDK log that say why it failed: those about failures, or the last ones if there are none. */
export function tellingLines(log: string): string[] {
  const lines = stripVTControlCharacters(log)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  // The project's own refusal, with every fault it lists, says more than all that Node and CDK add to it.
  const own = lines.findIndex((line) => line.includes('TaskQ cannot be built:'));
  if (own >= 0) return lines.slice(own).filter((line, index) => index === 0 || /^\s*- /.test(line));
  const about = lines.filter((line) =>
    /❌|fail|error|rollback|unrecognized|exceeded|cannot|not found|^file:.*:\d+$/i.test(line),
  );
  return [...new Set(about.length > 0 ? about : lines)].slice(-15);
}

/** No profile, no CDK settings and no proxy of the user: only the endpoint, and Node 24 for `node infra/app.ts`. */
export function cdkEnvironment(paths: StatePaths, target: Target): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    HOME: paths.home,
    ...(process.env.TMPDIR ? { TMPDIR: process.env.TMPDIR } : {}),
    AWS_ENDPOINT_URL: target.endpoint,
    // The SDK would put a bucket's name before a host name, and `bucket.localhost` does not resolve everywhere.
    AWS_ENDPOINT_URL_S3:
      process.env.AWS_ENDPOINT_URL_S3 ?? target.endpoint.replace(/\/\/localhost(?=[:/]|$)/, '//127.0.0.1'),
    AWS_ACCESS_KEY_ID: target.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: target.credentials.secretAccessKey,
    AWS_REGION: target.region,
    AWS_DEFAULT_REGION: target.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_COLOR: '1',
    // Checks of the template that cost seconds and that `npm test` makes anyway.
    CDK_VALIDATION: 'false',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: 'true',
  };
}
