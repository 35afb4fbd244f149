/** Finds a Python and keeps virtual environments below `.taskq`. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { lastLines, step, Trouble, type Write } from './report.ts';
import { newDraft, projectRoot, removeState, type StatePaths } from './state.ts';

const run = promisify(execFile);

/** A virtual environment: where it lies, the file that pins all that is in it, and what it is made for. */
export interface Venv {
  directory: string;
  requirements: string;
  program: string;
  seconds: number;
}

export function venvOfMiniStack(paths: StatePaths): Venv {
  const requirements = join(projectRoot, 'local', 'requirements.txt');
  return { directory: paths.venv, requirements, program: 'MiniStack', seconds: 20 };
}

/** Makes a virtual environment in this folder, with all of the requirements in it. */
export type MakeVenv = (directory: string, venv: Venv) => Promise<void>;

/** What one candidate command answered. */
export interface PythonProbe {
  command: string;
  /** Absent if there is no such command. */
  version?: string;
  /** Can it make virtual environments? Debian's python3 cannot without a package of its own. */
  venv: boolean;
}

/** The command names to try: the plain ones first, for they are what the user chose as default. */
const candidates = ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];

/** The path of a Python with MiniStack in it; made at the first call (about 20 s), then found. */
export async function ensurePython(paths: StatePaths, write: Write): Promise<string> {
  return await ensureVenv(venvOfMiniStack(paths), write);
}

/** The path of a virtual environment's Python; made at the first call, then found. Quiet but for one line. */
export async function ensureVenv(venv: Venv, write: Write, make: MakeVenv = makeWithPip): Promise<string> {
  const { directory, requirements, program } = venv;
  const python = join(directory, 'bin', 'python');
  if (isReady(venv)) return python;
  return await withLock(`${directory}.lock.json`, `installing ${program}`, write, async () => {
    if (isReady(venv)) return python;
    const draft = newDraft(directory);
    await step(write, `installing ${program} (once, about ${venv.seconds} s)`, () => make(draft, venv));
    // Written last: it stands for a complete installation of exactly those.
    writeFileSync(join(draft, 'requirements.txt'), readFileSync(requirements));
    removeState(directory);
    renameSync(draft, directory);
    return python;
  });
}

const makeWithPip: MakeVenv = async (directory, venv) => {
  const base = choosePython(await Promise.all(candidates.map(probe)), venv.program);
  await makeVenv(base, directory, venv);
};

/** Picks the first usable Python, or says for each one that is there why it will not do. */
export function choosePython(probes: PythonProbe[], program: string): string {
  const good = probes.find(({ version, venv }) => isNewEnough(version) && venv);
  if (good) return good.command;
  const withoutVenv = probes.find(({ version }) => isNewEnough(version));
  if (withoutVenv) {
    throw new Trouble(
      `${withoutVenv.command} is Python ${withoutVenv.version}, but its venv module does not work (ensurepip is missing).\n` +
        'On Debian or Ubuntu: sudo apt install python3-venv. Then run this again.',
    );
  }
  const found = probes
    .filter(({ version }) => version)
    .map(({ command, version }) => `${command} is ${version}`);
  throw new Trouble(
    `${program} needs Python 3.10 or newer; ${found.length ? found.join(', ') : 'no python3 is on the PATH'}.\n` +
      'Install one (macOS: brew install python3; Debian or Ubuntu: sudo apt install python3 python3-venv),\n' +
      'or set AWS_ENDPOINT_URL to a LocalStack that runs. Then run this again.',
  );
}

function isNewEnough(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 10);
}

export async function probe(command: string): Promise<PythonProbe> {
  const version = await answer(command, 'import sys; print("%d.%d.%d" % sys.version_info[:3])');
  const venv =
    version !== undefined && (await answer(command, 'import venv, ensurepip; print("ok")')) === 'ok';
  return { command, ...(version === undefined ? {} : { version }), venv };
}

async function answer(command: string, code: string): Promise<string | undefined> {
  try {
    return (await run(command, ['-c', code], { timeout: 20_000 })).stdout.trim();
  } catch {
    return undefined;
  }
}

function isReady({ directory, requirements }: Venv): boolean {
  const installed = join(directory, 'requirements.txt');
  return (
    existsSync(join(directory, 'bin', 'python')) &&
    existsSync(installed) &&
    readFileSync(installed, 'utf8') === readFileSync(requirements, 'utf8')
  );
}

async function makeVenv(base: string, directory: string, { requirements, program }: Venv): Promise<void> {
  const env = pipEnvironment(process.env);
  try {
    await run(base, ['-m', 'venv', directory], { env, timeout: 120_000 });
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet'];
    await run(join(directory, 'bin', 'python'), [...pip, '-r', requirements], { env, timeout: 600_000 });
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    throw new Trouble(
      `${program} could not be installed with ${base}:\n${lastLines(stderr || stdout || message, 8)}\n` +
        'It comes from the Python package index: check the network, or the proxy and index settings of pip, and run this again.',
    );
  }
}

/** pip needs the user's proxies and indexes; these few would send the packages elsewhere than into the venv. */
export function pipEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PYTHONPATH, PYTHONHOME, PIP_TARGET, PIP_PREFIX, PIP_USER, ...rest } = env;
  return rest;
}
