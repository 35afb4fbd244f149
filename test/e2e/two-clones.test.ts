import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listProcesses } from '../../local/processes.ts';
import { ensurePython } from '../../local/python.ts';
import { signedFetch } from '../../local/signed.ts';
import { type EmulatorRecord, projectRoot, readLocal, readState, statePaths } from '../../local/state.ts';

/** A clone as git would make it, with the modules and the MiniStack of this one to save the download. */
interface Clone {
  root: string;
  /** Where its emulator puts its own folder. */
  temporary: string;
}

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'two-clones-'));
const first: Clone = { root: join(folder, 'first'), temporary: join(folder, 'tmp') };
// Below a package.json that says "type": "module": workers that take themselves for ES modules die there.
const second: Clone = { root: join(folder, 'second'), temporary: join(folder, 'second', 'tmp') };

beforeAll(async () => {
  await ensurePython(statePaths(), () => {});
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: projectRoot, encoding: 'utf8' }).split('\0');
  for (const { root, temporary } of [first, second]) {
    for (const path of tracked) {
      if (path !== '' && existsSync(join(projectRoot, path)))
        cpSync(join(projectRoot, path), join(root, path));
    }
    mkdirSync(temporary, { recursive: true });
    mkdirSync(join(root, '.taskq'), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    symlinkSync(statePaths().venv, join(root, '.taskq', 'venv'));
  }
});
afterAll(async () => {
  for (const clone of [first, second]) await command(clone, 'down');
  rmSync(folder, { recursive: true });
});

/** What a user sees of `npm run up`, `demo` or `down`. */
async function command({ root, temporary }: Clone, name: 'up' | 'demo' | 'down'): Promise<string> {
  const { AWS_ENDPOINT_URL, ...rest } = process.env;
  const env = { ...rest, TMPDIR: temporary };
  return (await promisify(execFile)(process.execPath, [`local/${name}.ts`], { cwd: root, env })).stdout;
}

const state = ({ root }: Clone) => join(root, '.taskq');
const emulator = (clone: Clone) => readState<EmulatorRecord>(join(state(clone), 'emulator.json'))!;
const localAws = (clone: Clone) => readLocal(state(clone))!;
const processes = () => listProcesses().filter((each) => each.command.includes(`${folder}/`));

async function health(clone: Clone): Promise<unknown> {
  const response = await signedFetch(localAws(clone), `${localAws(clone).apiUrl}/health`);
  return { status: response.status, body: await response.json() };
}
const healthy = { status: 200, body: expect.objectContaining({ status: 'ok' }) };

it('two clones come up at the same time, each with its own emulator and API', async () => {
  const [said] = await Promise.all([command(first, 'up'), command(second, 'up')]);
  expect(said).toContain('TaskQ is up (');
  expect(await health(first)).toEqual(healthy);
  expect(await health(second)).toEqual(healthy);
  expect(localAws(first).endpoint).not.toBe(localAws(second).endpoint);
  expect(localAws(first).apiUrl.split('/')[5]).not.toBe(localAws(second).apiUrl.split('/')[5]);
  expect(localAws(first).stacks['taskq-data']?.DataBucketName).toMatch(/^taskq-data-/);
});

it('a second up finds the first one and deploys nothing', async () => {
  const before = localAws(first);
  const said = await command(first, 'up');
  expect(said).toContain('TaskQ was up already');
  expect(said).not.toContain('deploying');
  expect(localAws(first)).toEqual(before);
});

it('an up after a change of the code says that it updated', async () => {
  appendFileSync(join(first.root, 'functions/http.ts'), '\nexport const later = 1;\n');
  expect(await command(first, 'up')).toContain('TaskQ was up, and is updated (');
  expect(await command(first, 'up')).toContain('TaskQ was up already (');
});

it('both run the demo at the same time, each with its own thousand jobs and two workflows', async () => {
  const said = await Promise.all([command(first, 'demo'), command(second, 'demo')]);
  for (const each of said) expect(each).toContain('Yes: all 18 checks hold.');
  const [one, other] = said.map((each) => /with the tag (demo-[0-9a-f]{8})/.exec(each)?.[1]);
  expect(one).toMatch(/^demo-/);
  expect(one).not.toBe(other);
});

it('a killed emulator is started again on its port, the other clone does not notice', async () => {
  const { port, pid, tmp } = emulator(first);
  process.kill(pid!, 'SIGKILL');
  expect(await command(first, 'up')).toContain(
    `the last emulator (process ${pid}, port ${port}) no longer answers: starting another`,
  );
  expect(await health(first)).toEqual(healthy);
  expect(await health(second)).toEqual(healthy);
  expect(emulator(first).port).toBe(port);
  expect(existsSync(tmp)).toBe(false);
});

it('down ends every process of its clone alone, and removes what it left', async () => {
  const { tmp } = emulator(first);
  expect(await command(first, 'down')).toContain('TaskQ is down');
  expect(processes().filter((each) => each.command.includes(tmp))).toEqual([]);
  expect([existsSync(tmp), readLocal(state(first))]).toEqual([false, undefined]);
  expect(await health(second)).toEqual(healthy);

  expect(await command(second, 'down')).toContain('TaskQ is down');
  expect(processes()).toEqual([]);
  expect(await command(second, 'down')).toBe('nothing to take down: TaskQ is not up here\n');
});
