/** Brings one TaskQ up on an emulator of its own for all end-to-end tests, and takes it down after them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';
import { takeDown } from '../../local/down.ts';
import type { Write } from '../../local/report.ts';
import { type LocalAws, projectRoot } from '../../local/state.ts';
import { ensureUp, type UpOptions } from '../../local/up.ts';

declare module 'vitest' {
  interface ProvidedContext {
    taskq: LocalAws;
    /** The state folder of that TaskQ. */
    directory: string;
    /** The state folder of one whose emulator enforces signatures and policies, for the test that brings it up. */
    enforcing: string;
  }
}

const silent: Write = () => {};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return await provideTaskq(project, { write: silent });
}

/** Brings up the TaskQ of a suite; returns what takes it down. */
export async function provideTaskq(project: TestProject, options: UpOptions): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-e2e-'));
  const directory = join(folder, 'plain');
  const enforcing = join(folder, 'enforcing');
  const interrupted = (): void => downByItself(folder, [directory, enforcing]);
  process.once('exit', interrupted);
  // A closed terminal would end this process without its `exit`.
  const hungUp = (): never => process.exit(129);
  process.once('SIGHUP', hungUp);
  const down = async (): Promise<void> => {
    for (const each of [directory, enforcing]) await takeDown({ directory: each, write: silent });
    process.off('exit', interrupted);
    process.off('SIGHUP', hungUp);
  };
  try {
    project.provide('taskq', await up({ ...options, directory }));
  } catch (error) {
    // The folder stays: the error names the logs in it.
    await down();
    throw error;
  }
  project.provide('directory', directory);
  project.provide('enforcing', enforcing);
  return async () => {
    await down();
    rmSync(folder, { recursive: true });
  };
}

/** A TaskQ, by default quietly. */
export async function up(options: UpOptions): Promise<LocalAws> {
  const { started: _, updated: __, ...local } = await ensureUp({ write: silent, ...options });
  return local;
}

/** Vitest ends without a teardown when it is interrupted: a process that outlives it takes down what is up. */
function downByItself(folder: string, directories: string[]): void {
  const script = `
    import { rmSync } from 'node:fs';
    import { takeDown } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'local/down.ts')).href)};
    for (const directory of ${JSON.stringify(directories)}) await takeDown({ directory, write() {} });
    rmSync(${JSON.stringify(folder)}, { recursive: true });`;
  spawn(process.execPath, ['--input-type=module', '--eval', script], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}
