/** Ends what a step of the gate has left running. */
import { until } from '../emulator.ts';
import { listProcesses, type Process, signal } from '../processes.ts';

/**
 * Waits until no process names `folder` on its command line, then ends those that still do. An emulator and
 * its workers do: their own temporary folder lies in it. Returns the commands of those that had to be ended.
 */
export async function endLeftovers(folder: string, patienceMs: number): Promise<string[]> {
  const left = (): Process[] => listProcesses().filter(({ command }) => command.includes(`${folder}/`));
  if (await until(() => left().length === 0, patienceMs)) return [];
  const found = left();
  for (const one of found) signal(one, 'SIGTERM');
  // An emulator may start a worker while it is being ended: repeat until none is left.
  if (await until(() => left().length === 0, 3_000)) return found.map(({ command }) => command);
  await until(() => {
    for (const one of left()) signal(one, 'SIGKILL');
    return left().length === 0;
  }, 5_000);
  return found.map(({ command }) => command);
}
