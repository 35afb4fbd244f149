import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cdkEnvironment } from '../../../local/deploy.ts';
import { Trouble } from '../../../local/report.ts';
import { type LocalAws, projectRoot, statePaths } from '../../../local/state.ts';

const run = promisify(execFile);

/** Deploys the other wirings to the emulator of a running TaskQ, as the stack `bench`. */
export async function deployPeers(local: LocalAws, directory: string): Promise<void> {
  const cdk = join(projectRoot, 'node_modules/aws-cdk/bin/cdk');
  const app = `"${process.execPath}" test/bench/peers/app.ts`;
  const options = ['--all', '--require-approval', 'never', '--no-notices', '--no-version-reporting', '--ci'];
  const command = [cdk, 'deploy', '--app', app, '--output', join(directory, 'peers.out'), ...options];
  try {
    await run(process.execPath, command, {
      cwd: projectRoot,
      env: cdkEnvironment(statePaths(directory), { ...local, auth: false }),
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Trouble(
      `the other wirings could not be deployed:\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')}`,
    );
  }
}
