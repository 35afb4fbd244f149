/** Brings one TaskQ up on an emulator of its own for all end-to-end tests, and takes it down after them. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { takeDown } from '../../local/down.ts';
import type { LocalAws } from '../../local/state.ts';
import { ensureUp } from '../../local/up.ts';

declare module 'vitest' {
  interface ProvidedContext {
    taskq: LocalAws;
    /** The state folder of that TaskQ. */
    directory: string;
  }
}

const silent = (): void => {};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { directory, down } = await upInFolder(false, (local) => project.provide('taskq', local));
  project.provide('directory', directory);
  return down;
}

/** A TaskQ in a temporary state folder. If it does not come up, its logs stay there: the error names them. */
export async function upInFolder(auth: boolean, ready: (local: LocalAws) => void) {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'taskq-e2e-'));
  try {
    const { started: _, ...local } = await ensureUp({ directory, auth, write: silent });
    ready(local);
  } catch (error) {
    await takeDown({ directory, write: silent });
    throw error;
  }
  const down = async (): Promise<void> => {
    await takeDown({ directory, write: silent });
    rmSync(directory, { recursive: true });
  };
  return { directory, down };
}
