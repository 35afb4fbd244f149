/** `npm run up`: TaskQ on this machine, or at the endpoint that AWS_ENDPOINT_URL names. */
import './need-node.mjs';
import { deploy, type Target } from './deploy.ts';
import { type EmulatorKind, ensureEmulator, until } from './emulator.ts';
import { withLock } from './lock.ts';
import { emulatorOption } from './options.ts';
import { runCommand, seconds, step, Trouble, toTerminal, type Write } from './report.ts';
import { signedFetch } from './signed.ts';
import { hashSources } from './sources.ts';
import {
  type DeployedRecord,
  type LocalAws,
  projectRoot,
  readLocal,
  readState,
  type StatePaths,
  statePaths,
  writeState,
} from './state.ts';

/** The kind is that of an emulator of our own; one that checks signatures and policies always is. */
export interface UpOptions extends EmulatorKind {
  /** The state folder; another one than `.taskq` gives a second TaskQ beside the first. */
  directory?: string;
  write?: Write;
}

/** What had to be done: it did not run before; it ran, and the sources have changed since. */
export interface Done {
  started: boolean;
  updated: boolean;
}

/** Makes sure that TaskQ runs and is what the sources say. */
export async function ensureUp(options: UpOptions = {}): Promise<LocalAws & Done> {
  const { directory, write = toTerminal, ...kind } = options;
  const paths = statePaths(directory);
  return await withLock(paths.lock, 'npm run up', write, async () => {
    const target = theirEndpoint(process.env, kind) ?? (await ourEndpoint(paths, kind, write));
    const sources = hashSources(projectRoot);
    const before = await runningAt(paths, target.endpoint);
    if (before && readState<DeployedRecord>(paths.deployed)?.sources === sources)
      return { ...before, started: false, updated: false };
    const { endpoint, region, credentials } = target;
    const stacks = await deploy(paths, target, write);
    const local = { endpoint, apiUrl: apiUrlOf(endpoint, stacks), region, credentials, stacks };
    await step(write, 'waiting for a signed /health', () => waitForHealth(local));
    writeState(paths.local, local);
    writeState(paths.deployed, { sources, endpoint });
    return { ...local, started: before === undefined, updated: before !== undefined };
  });
}

/** The endpoint the user brought along, if any. Its credentials count too; emulators take any. */
export function theirEndpoint(
  env: NodeJS.ProcessEnv,
  { name, auth = false }: EmulatorKind,
): Target | undefined {
  const endpoint = env.AWS_ENDPOINT_URL?.replace(/\/+$/, '');
  if (!endpoint || auth) return undefined;
  if (name !== undefined)
    throw new Trouble(
      `--aws ${name} starts one on this machine, and AWS_ENDPOINT_URL is "${endpoint}": unset it, or leave out --aws`,
    );
  if (!URL.canParse(endpoint) || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) {
    throw new Trouble(
      `AWS_ENDPOINT_URL is "${endpoint}". For \`npm run up\` it must be the URL of a local AWS, such as http://127.0.0.1:4566,\n` +
        'or unset: then MiniStack is started for you. To deploy to AWS itself: npm run deploy.',
    );
  }
  return {
    endpoint,
    auth,
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'test',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'test',
    },
  };
}

async function ourEndpoint(paths: StatePaths, kind: EmulatorKind, write: Write): Promise<Target> {
  const endpoint = await ensureEmulator(paths, kind, write);
  return {
    endpoint,
    auth: kind.auth ?? false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
}

/** What is deployed at this endpoint, if it is there and answers. */
async function runningAt(paths: StatePaths, endpoint: string): Promise<LocalAws | undefined> {
  const local = readLocal(paths.directory);
  if (local?.endpoint !== endpoint) return undefined;
  return (await health(local)).startsWith('200 ') ? local : undefined;
}

/** MiniStack and LocalStack serve an API below this path; the URL in the stack's outputs is Amazon's. */
export function apiUrlOf(endpoint: string, stacks: LocalAws['stacks']): string {
  const outputs = Object.entries(stacks).find(([name]) => name.endsWith('-queue'))?.[1];
  if (outputs?.ApiId && outputs.ApiStage) {
    return `${endpoint}/_aws/execute-api/${outputs.ApiId}/${outputs.ApiStage}`;
  }
  throw new Trouble(
    `no deployed stack *-queue has the outputs ApiId and ApiStage; there are: ${Object.keys(stacks).join(', ') || 'no stacks'}`,
  );
}

async function waitForHealth(local: LocalAws): Promise<void> {
  let last = '';
  const ask = async () => {
    last = await health(local);
    return last.startsWith('200 ');
  };
  if (await until(ask, 60_000)) return;
  throw new Trouble(
    `TaskQ is deployed, but GET ${local.apiUrl}/health has not answered 200 within 60 s. The last answer:\n    ${last}`,
  );
}

/** The status and the beginning of the body, or why there was no answer. */
async function health(local: LocalAws): Promise<string> {
  try {
    const response = await signedFetch(local, `${local.apiUrl}/health`);
    return `${response.status} ${(await response.text()).slice(0, 500)}`;
  } catch (error) {
    return String(error);
  }
}

/** In words for the one line that `npm run up` ends with. */
export function whatWasDone({ started, updated }: Done): string {
  if (started) return 'is up';
  return updated ? 'was up, and is updated' : 'was up already';
}

if (import.meta.main) {
  await runCommand(async () => {
    const kind = emulatorOption(process.argv.slice(2));
    const start = performance.now();
    const { apiUrl, ...done } = await ensureUp(kind);
    console.log(
      `TaskQ ${whatWasDone(done)} (${seconds(performance.now() - start)}): ${apiUrl}\n` +
        '  next:  npm run demo  ·  npm run taskq -- list  ·  npm run down',
    );
  });
}
