/** Makes virtual environments with uv: in seconds where pip takes minutes, and of a Python that it fetches if there is none. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureVenv, type MakeVenv, type PythonProbe, pipEnvironment, probe } from './python.ts';
import { lastLines, Trouble } from './report.ts';
import { projectRoot, type StatePaths } from './state.ts';

const run = promisify(execFile);

/** The one that LocalStack runs on: older ones cannot read its code, and on newer ones nobody has tried it. */
const wanted = '3.13';

/** Makes virtual environments of Python 3.13. */
export function uvVenv(paths: StatePaths): MakeVenv {
  return async (directory, { requirements, program }) => {
    const uv = await uvCommand(paths, directory);
    const probes = await Promise.all(candidates(process.env).map(probe));
    const installed = pythonOf(probes);
    const python =
      installed === undefined ? ['--managed-python', '--python', wanted] : ['--python', installed];
    await uv(
      ['venv', ...python, directory],
      `${program} needs Python ${wanted}; ${foundInstead(probes)}.\n` +
        'Install one, or let uv fetch one; what hinders it:',
    );
    await uv(
      ['pip', 'install', '--requirement', requirements],
      `${program} could not be installed. It comes from the Python package index: check the network, or the proxy\n` +
        'and index settings of uv. What it says:',
    );
  };
}

/** Runs uv on a virtual environment. uv comes from the Python package index itself. */
async function uvCommand(paths: StatePaths, directory: string) {
  const requirements = join(projectRoot, 'local', 'localstack', 'uv.txt');
  const venv = { directory: paths.uv, requirements, program: 'uv', seconds: 5 };
  const python = await ensureVenv(venv, () => {});
  const env = {
    ...pipEnvironment(process.env),
    VIRTUAL_ENV: directory,
    // All that is installed lies in the project's folder.
    UV_PYTHON_INSTALL_DIR: paths.pythons,
    UV_NO_CACHE: '1',
  };
  return async (args: string[], problem: string): Promise<void> => {
    try {
      await run(join(python, '..', 'uv'), ['--quiet', ...args], { env, timeout: 600_000 });
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string };
      throw new Trouble(`${problem}\n${lastLines(stderr || message, 8)}`);
    }
  };
}

/** Those of pyenv are tried too: it hides the versions that are not chosen. */
function candidates(env: NodeJS.ProcessEnv): string[] {
  const pyenv = env.PYENV_ROOT ?? join(homedir(), '.pyenv');
  const hidden = globSync(join(pyenv, 'versions', `${wanted}.*`, 'bin', 'python3'));
  return [`python${wanted}`, 'python3', 'python', ...hidden];
}

/** The first that is of the wanted version. */
export function pythonOf(probes: PythonProbe[]): string | undefined {
  return probes.find(({ version }) => version?.startsWith(`${wanted}.`))?.command;
}

/** What there is instead, for a message. */
export function foundInstead(probes: PythonProbe[]): string {
  const found = probes.flatMap(({ command, version }) => (version ? [`${command} is ${version}`] : []));
  return found.length === 0 ? 'no python3 is on the PATH' : found.join(', ');
}
