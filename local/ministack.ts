/** MiniStack, the local AWS that TaskQ uses by default: one small process, started in a second. */
import { delimiter, dirname, join } from 'node:path';
import type { Emulator } from './emulators.ts';
import { ensurePython } from './python.ts';
import { type EmulatorRecord, projectRoot } from './state.ts';

export const ministack: Emulator = {
  title: 'MiniStack',
  health: '/_ministack/health',
  // Its own log line comes first: on a port that was lost to another emulator, that one's health would answer.
  announcement: ({ port }) => `Running on http://127.0.0.1:${port}`,
  portTaken: 'is already in use',
  installation: (paths) => paths.venv,
  install: ensurePython,
  environment: ministackEnvironment,
};

/**
 * All that the emulator, and so every function in it, sees of this machine. Nothing is inherited: a user's
 * NODE_OPTIONS or proxy would reach the handlers.
 */
export function ministackEnvironment({
  port,
  auth,
  keepsState,
  tmp,
}: EmulatorRecord): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: tmp,
    TMPDIR: tmp,
    // CDK's own handlers expect the SDK that real Lambda brings along.
    NODE_PATH: join(projectRoot, 'node_modules'),
    PYTHONUTF8: '1',
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    ...(auth ? { AUTH: 'true' } : {}),
    ...(keepsState ? { PERSIST_STATE: '1', STATE_DIR: join(tmp, 'state') } : {}),
    ...(keepsState ? { S3_PERSIST: '1', S3_DATA_DIR: join(tmp, 'objects') } : {}),
  };
}
