/** Ends what a step of the gate has left running. */
import { until } from '../emulator.ts';
import { listProcesses, signal } from '../processes.ts';

/**
 * Waits until no process names `folder` on its command line, then ends those that still do. An emulator and
 * its workers do: their own temporary folder lies in it. Returns the commands of those that had to be ended.
 */
export async function endLeftovers(folder: string, patienceMs: number): Promise<string[]> {
  const left = () => listProcesses().filter(({ command }) => command.includes(`${folder}/`));
  if (await until(() => left().length === 0, patienceMs)) return [];
  const found = left().map(({ command }) => command);
  // An emulator may have started a worker meanwhile: repeat until none is left.
  await until(() => {
    for (const one of left()) signal(one, 'SIGKILL');
    return left().length === 0;
  }, 5_000);
  return found;
}
