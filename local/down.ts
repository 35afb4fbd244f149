/** `npm run down`: ends what `npm run up` started, and forgets it. */
import './need-node.mjs';
import { stopEmulator } from './emulator.ts';
import { withLock } from './lock.ts';
import { noOptions } from './options.ts';
import { runCommand, toTerminal, type Write } from './report.ts';
import { readLocal, removeState, statePaths } from './state.ts';

/** What was there: our emulator, what was left of a dead one, an endpoint of the user's, or nothing. */
export type Found = 'emulator' | 'remains' | 'endpoint' | 'nothing';

/** Stops the emulator with all its workers and removes what told clients about it. */
export async function takeDown(options: { directory?: string; write?: Write } = {}): Promise<Found> {
  const paths = statePaths(options.directory);
  return await withLock(paths.lock, 'npm run down', options.write ?? toTerminal, async () => {
    const emulator = await stopEmulator(paths);
    const found = readLocal(paths.directory) ? 'endpoint' : 'nothing';
    removeState(paths.local, paths.deployed, paths.outputs);
    return emulator === 'stopped' ? 'emulator' : emulator === 'gone' ? 'remains' : found;
  });
}

const messages: Record<Found, string> = {
  emulator: 'TaskQ is down: the local AWS and its functions are ended, their data is gone',
  remains: 'the local AWS had ended by itself; what it left behind is removed',
  endpoint:
    'forgot the TaskQ at AWS_ENDPOINT_URL; nothing was stopped there, because `npm run up` did not start it',
  nothing: 'nothing to take down: TaskQ is not up here',
};

if (import.meta.main)
  await runCommand(async () => {
    noOptions(process.argv.slice(2));
    console.log(messages[await takeDown()]);
  });
