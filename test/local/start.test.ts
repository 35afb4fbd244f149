import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureEmulator, stopEmulator } from '../../local/emulator.ts';
import {
  type EmulatorRecord,
  projectRoot,
  readState,
  type StatePaths,
  statePaths,
  writeState,
} from '../../local/state.ts';

/** As far as starting goes, MiniStack: it says where it listens and answers its health. */
const server = `
  const address = { port: Number(process.env.GATEWAY_PORT), host: process.env.BIND_HOST };
  require('node:http').createServer((request, response) => response.end('{}')).listen(address, () =>
    console.log('Running on http://' + address.host + ':' + address.port));`;

let folder = '';
let paths: StatePaths;
let said = '';
const write = (text: string) => {
  said += text;
};

beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'start-test-'));
  paths = { ...statePaths(join(folder, 'state')), venv: join(folder, 'venv') };
  said = '';
});
afterEach(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true });
});

/** A ready venv whose Python is a Node program; `code` may use \`tries\`, the number of starts so far. */
function pythonThatRuns(code: string): void {
  const [bin, script, count] = [join(paths.venv, 'bin'), join(folder, 'fake.cjs'), join(folder, 'tries')];
  const counting = `const fs = require('node:fs'); fs.appendFileSync('${count}', '.');
    const tries = fs.readFileSync('${count}', 'utf8').length;`;
  writeFileSync(script, counting + code);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'python'), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  chmodSync(join(bin, 'python'), 0o755);
  writeFileSync(
    join(paths.venv, 'requirements.txt'),
    readFileSync(join(projectRoot, 'local/requirements.txt')),
  );
}

const record = () => readState<EmulatorRecord>(paths.emulator)!;

it('starts once, and is found again', async () => {
  pythonThatRuns(server);
  const endpoint = await ensureEmulator(paths, {}, write);
  const { pid, port, auth, tmp } = record();
  expect([endpoint, auth]).toEqual([`http://127.0.0.1:${port}`, false]);
  expect(readFileSync(join(tmp, 'package.json'), 'utf8')).toBe('{}\n');
  expect(await ensureEmulator(paths, {}, write)).toBe(endpoint);
  expect(record().pid).toBe(pid);
  expect(said).toMatch(/^ {2}starting MiniStack … \d\.\d s\n$/);
});

it('comes back on its port after a stop, when the port is still free', async () => {
  pythonThatRuns(server);
  const endpoint = await ensureEmulator(paths, {}, write);
  await stopEmulator(paths);
  expect(await ensureEmulator(paths, {}, write)).toBe(endpoint);
});

it('takes another port when its own was taken meanwhile', async () => {
  pythonThatRuns(
    `if (tries === 1) { console.log('ERROR: 127.0.0.1 is already in use'); process.exit(1); } ${server}`,
  );
  expect(await ensureEmulator(paths, {}, write)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('..');
});

it('does not take an answer on its port for its own before it has said that it listens', async () => {
  const silent = server.replace('console.log', '(() => {})');
  const lost = "setTimeout(() => { console.log('ERROR: is already in use'); process.exit(1); }, 300);";
  pythonThatRuns(`if (tries === 1) { ${silent} ${lost} } else { ${server} }`);
  await ensureEmulator(paths, {}, write);
  expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('..');
});

it('does not take another server that answers on the port of a stale record for its own', async () => {
  pythonThatRuns(server);
  const other = createServer((_, response) => response.end('{}'));
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const { port } = other.address() as { port: number };
  writeState(paths.emulator, { port, auth: false, tmp: join(folder, 'gone'), pid: process.pid });
  expect(await ensureEmulator(paths, {}, write)).not.toBe(`http://127.0.0.1:${port}`);
  other.close();
});

it('says why and what to do when it ends at once, and leaves nothing behind', async () => {
  pythonThatRuns(`console.log('Traceback: broken'); process.exit(3)`);
  await expect(ensureEmulator(paths, {}, write)).rejects.toThrow(
    'MiniStack ended at once. Its last words:\n    Traceback: broken\n' +
      `All of them: ${paths.emulatorLog}. If its installation is broken, remove ${paths.venv} and run this again.`,
  );
  expect(existsSync(paths.emulator)).toBe(false);
});

it('is started again after it died, and what a crashed run left is not believed', async () => {
  pythonThatRuns(server);
  await ensureEmulator(paths, {}, write);
  const { pid, port } = record();
  writeState(paths.local, {} as never);
  process.kill(pid!, 'SIGKILL');
  await ensureEmulator(paths, {}, write);
  expect(said).toContain(
    `  the last emulator (process ${pid}, port ${port}) no longer answers: starting another.\n` +
      '  The jobs that it held are gone: it keeps them in memory.\n',
  );
  expect(record().pid).not.toBe(pid);
  expect(existsSync(paths.local)).toBe(false);
});

it('MiniStack is not passed off as LocalStack; asked for nothing, it is found', async () => {
  pythonThatRuns(server);
  const endpoint = await ensureEmulator(paths, { name: 'ministack' }, write);
  await expect(ensureEmulator(paths, { name: 'localstack' }, write)).rejects.toThrow(
    `MiniStack runs in ${paths.directory}, and LocalStack was asked for: end it with \`npm run down\` first`,
  );
  expect(await ensureEmulator(paths, {}, write)).toBe(endpoint);
});

it('one that says that it cannot listen, and goes on, is ended and started on another port', async () => {
  const goesOn = `console.log('ERROR: is already in use'); setInterval(() => {}, 1000);`;
  pythonThatRuns(`if (tries === 1) { ${goesOn} } else { ${server} }`);
  await ensureEmulator(paths, {}, write);
  expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('..');
});

it('one that does not enforce signatures is not passed off as one that does', async () => {
  pythonThatRuns(server);
  await ensureEmulator(paths, {}, write);
  await expect(ensureEmulator(paths, { auth: true }, write)).rejects.toThrow(
    `the emulator in ${paths.directory} runs without AUTH=true, and one with it was asked for: take that one down first, or use another folder`,
  );
});
