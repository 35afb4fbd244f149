import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type LocalAws,
  newDraft,
  projectRoot,
  readLocal,
  removeState,
  statePaths,
  writeState,
} from '../../local/state.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const local: LocalAws = {
  endpoint: 'http://127.0.0.1:1',
  apiUrl: 'http://127.0.0.1:1/_aws/execute-api/a/api',
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  stacks: { 'taskq-data': { DataBucketName: 'b' } },
};

it('what is written is read back, and no draft is left', () => {
  const { directory, local: path } = statePaths(join(folder, 'new'));
  writeState(path, local);
  expect(readLocal(directory)).toEqual(local);
  expect(readdirSync(directory)).toEqual(['local.json']);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(local);
});

it('is for its owner alone, in a folder that stood open too', () => {
  const modes = (...paths: string[]) => paths.map((each) => statSync(each).mode & 0o777);
  for (const name of ['new', 'open']) {
    const { directory, local: path } = statePaths(join(folder, name));
    if (name === 'open') mkdirSync(directory, { mode: 0o755 });
    writeState(path, local);
    expect(modes(directory, path)).toEqual([0o700, 0o600]);
  }
});

it('absent and torn files read as undefined', () => {
  expect(readLocal(folder)).toBeUndefined();
  writeFileSync(statePaths(folder).local, '{ "endpoint": "http://127');
  expect(readLocal(folder)).toBeUndefined();
});

it('a draft is beside its place; those of others are removed, and nothing else is', () => {
  for (const name of ['venv', 'venv.draft-1', 'venv.draft-22', 'uv.draft-1', 'venv.lock.json'])
    writeFileSync(join(folder, name), '');
  expect(newDraft(join(folder, 'venv'))).toBe(join(folder, `venv.draft-${process.pid}`));
  expect(readdirSync(folder).toSorted()).toEqual(['uv.draft-1', 'venv', 'venv.lock.json']);
  expect(newDraft(join(folder, 'absent', 'venv'))).toBe(join(folder, `absent/venv.draft-${process.pid}`));
});

it('removing twice is fine', () => {
  const { local: path } = statePaths(folder);
  writeState(path, local);
  removeState(path);
  removeState(path);
  expect(readLocal(folder)).toBeUndefined();
});

it('the default folder is .taskq of the project; the venv is there for every folder', () => {
  expect(statePaths().local).toBe(join(projectRoot, '.taskq', 'local.json'));
  expect(statePaths(folder).venv).toBe(join(projectRoot, '.taskq', 'venv'));
});
