import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runStep, type StepOptions } from '../../local/gate/run-step.ts';
import { openScreen } from '../../local/gate/screen.ts';
import { listProcesses } from '../../local/processes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'gate-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a program of one line as a step. */
async function run(code: string, options: Partial<StepOptions> = {}) {
  const step = { name: 'unit', command: [process.execPath, '-e', code] };
  const signal = new AbortController().signal;
  const { ms, ...outcome } = await runStep(step, {
    folder,
    signal,
    limitMs: 60_000,
    endingMs: 0,
    ...options,
  });
  return outcome;
}

const named = () => listProcesses().filter(({ command }) => command.includes(`${folder}/`));
const forEver = 'setInterval(() => {}, 1000)';
/** A program that starts another which never ends, as `up` starts an emulator. */
const starting = (stdio: string) =>
  `require('node:child_process').spawn(process.execPath, ['-e', '${forEver}', '--', process.env.TMPDIR + '/emulator'],
    { detached: true, stdio: '${stdio}' }).unref()`;

describe('a step of the gate', () => {
  it('passes when it exits with 0; its temporary files go where they are looked for', async () => {
    expect(await run('console.log(process.env.TMPDIR); console.error("and more")')).toEqual({
      name: 'unit',
      passed: true,
      output: `${folder}\nand more`,
    });
  });

  it('fails with any other exit code', async () => {
    expect(await run('console.log("1 failed"); process.exitCode = 3')).toEqual({
      name: 'unit',
      passed: false,
      output: '1 failed',
    });
  });

  it('fails when its program does not exist', async () => {
    const options = { folder, signal: new AbortController().signal, limitMs: 60_000, endingMs: 0 };
    expect(await runStep({ name: 'unit', command: [`${folder}/no-such-program`] }, options)).toMatchObject({
      passed: false,
      output: `it could not be started: spawn ${folder}/no-such-program ENOENT`,
    });
  });

  it.each(['ignore', 'inherit'])(
    'fails when it leaves a process behind (output: %s), and that is ended',
    async (stdio) => {
      const { passed, output } = await run(starting(stdio));
      expect(passed).toBe(false);
      expect(output).toContain('it left processes behind, which were ended:\n');
      expect(output).toContain(`${folder}/emulator`);
      expect(named()).toEqual([]);
    },
  );

  it('ends its own group with it, which nobody could take down otherwise', async () => {
    const child = `require('node:child_process').spawn(process.execPath, ['-e', '${forEver}', 'TMP/worker'], { stdio: 'ignore' }).unref()`;
    const { passed } = await run(child.replace('TMP', folder), { endingMs: 5_000 });
    expect([passed, named()]).toEqual([true, []]);
  });

  it('that takes too long is ended with all it has started', async () => {
    const { passed, output } = await run(`${starting('ignore')}; ${forEver}`, { limitMs: 500 });
    expect([passed, output]).toEqual([false, 'it was not done after 0.5 s, and was ended']);
    expect(named()).toEqual([]);
  });

  it('is ended when the gate is interrupted', async () => {
    const gate = new AbortController();
    const { passed } = await run(`console.log('started'); ${starting('ignore')}; ${forEver}`, {
      signal: gate.signal,
      onLine: () => gate.abort(),
    });
    expect(passed).toBe(false);
    expect(named()).toEqual([]);
  });

  it('is ended at once when the gate was interrupted before', async () => {
    const { passed } = await run(forEver, { signal: AbortSignal.abort() });
    expect(passed).toBe(false);
  });

  it('says what it says as it says it, without colours', async () => {
    const lines: string[] = [];
    await run('console.log("\\x1b[32mone\\x1b[39m\\ntwo  ")', { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['two']);
  });
});

describe('the screen', () => {
  function aScreen() {
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => written.push(text) };
    return { screen: openScreen(stream as unknown as NodeJS.WriteStream), written };
  }
  const vitest =
    ' ✓ test/a.test.ts (3 tests)\n\n Test Files  1 passed (1)\n      Tests  3 passed (3)\n   Duration  2 s';

  it('of tests that passed shows how many', () => {
    const { screen, written } = aScreen();
    screen.started('unit');
    screen.ended({ name: 'unit', passed: true, ms: 2345, output: vitest });
    screen.close();
    expect(written.join('')).toBe(
      '  unit …\n✓ unit  2.3 s\n     Test Files  1 passed (1)\n          Tests  3 passed (3)\n',
    );
  });

  it('of a step that failed shows all that it said', () => {
    const { screen, written } = aScreen();
    screen.ended({ name: 'types', passed: false, ms: 100, output: 'a.ts: wrong\n\nb.ts: wrong' });
    expect(written.join('')).toBe('✗ types  0.1 s\n    a.ts: wrong\n\n    b.ts: wrong\n');
  });

  it('of chaos shows what was broken and what became of the jobs', () => {
    const { screen, written } = aScreen();
    const output =
      '1.0 s  kill up to 2\nkills             12 (enqueue 12)\naccepted          9, not final 0\nlast';
    screen.ended({ name: 'chaos:once', passed: true, ms: 1000, output });
    expect(written.join('')).toBe(
      '✓ chaos:once  1.0 s\n    kills             12 (enqueue 12)\n    accepted          9, not final 0\n',
    );
  });

  it('of the bench shows all figures', () => {
    const { screen, written } = aScreen();
    screen.ended({ name: 'bench:once', passed: true, ms: 1000, output: 'units 3\nrequests 0.4' });
    expect(written.join('')).toBe('✓ bench:once  1.0 s\n    units 3\n    requests 0.4\n');
  });
});
