/**
 * What `up` leaves on disk and `down` takes away: one folder, `.taskq` in the project unless a test asks
 * for another. Nothing else in `local/` names a file of it.
 */
import { chmodSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The folder that holds package.json. */
export const projectRoot = resolve(import.meta.dirname, '..');

/** All that a client needs to call a running TaskQ: the shape of `.taskq/local.json`. */
export interface LocalAws {
  endpoint: string;
  /** With the stage, without a slash at its end. */
  apiUrl: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  stacks: Record<string, Record<string, string>>;
}

/** The emulators that TaskQ can start. */
export type EmulatorName = 'ministack' | 'localstack';

/** An emulator that TaskQ started. Written before it starts, so that no crash can leave one unknown. */
export interface EmulatorRecord {
  /** Absent while it is starting. */
  pid?: number;
  port: number;
  /** Absent for MiniStack. */
  name?: EmulatorName;
  /** Enforces signatures and policies. */
  auth: boolean;
  /** Its data is written to disk when it ends cleanly, and read when it is started again. */
  keepsState?: boolean;
  /** Its own temporary folder. The name is unique: it tells its processes from all others. */
  tmp: string;
}

/** What was deployed, and where: with the same sources at the same place nothing needs to be done. */
export interface DeployedRecord {
  sources: string;
  endpoint: string;
}

/** The files of a state folder. */
export function statePaths(directory = join(projectRoot, '.taskq')) {
  const at = (name: string) => join(directory, name);
  return {
    directory,
    local: at('local.json'),
    emulator: at('emulator.json'),
    deployed: at('deployed.json'),
    outputs: at('outputs.json'),
    port: at('port.json'),
    lock: at('lock.json'),
    emulatorLog: at('emulator.log'),
    deployLog: at('deploy.log'),
    cloudAssembly: at('cdk.out'),
    /** The home folder of the CDK command: keeps the user's own AWS and CDK settings out of a local run. */
    home: at('home'),
    /** What is installed is one for all state folders: it takes its time and never changes. */
    venv: join(projectRoot, '.taskq', 'venv'),
    uv: join(projectRoot, '.taskq', 'uv'),
    localstack: join(projectRoot, '.taskq', 'localstack'),
    /** Pythons that uv has fetched. */
    pythons: join(projectRoot, '.taskq', 'pythons'),
  };
}

export type StatePaths = ReturnType<typeof statePaths>;

/** The running TaskQ, or undefined if `up` has not finished here. */
export function readLocal(directory?: string): LocalAws | undefined {
  return readState<LocalAws>(statePaths(directory).local);
}

/** The content of a state file; undefined if it is absent or torn. */
export function readState<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/**
 * Writes a state file so that a reader sees the old content or the new one, never a part. It may hold the credentials
 * of whoever called `up`: it, and its folder, are for nobody else on the machine.
 */
export function writeState(path: string, content: LocalAws | EmulatorRecord | DeployedRecord | number): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true });
  // Others make it as well, to log there or to hold a lock, and an older one stands already.
  chmodSync(directory, 0o700);
  const next = `${path}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(next, path);
}

/**
 * Where to make a folder that must appear whole: beside its place, to be renamed. Drafts of runs that died are
 * removed; this one has a name of its own, because what such a run had started may still write to its.
 */
export function newDraft(path: string): string {
  const cwd = dirname(path);
  for (const old of globSync(`${basename(path)}.draft-*`, { cwd })) removeState(join(cwd, old));
  return `${path}.draft-${process.pid}`;
}

/** Removes state files or folders; absent ones are fine. */
export function removeState(...paths: string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}
