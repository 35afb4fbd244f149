import { parseArgs } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { Misuse, runCommand, Trouble } from '../../local/report.ts';

afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

/** The exit code of a command that ends so, and what it said. */
async function ended(command: () => void): Promise<{ code: typeof process.exitCode; said: string }> {
  const said: unknown[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void said.push(line));
  await runCommand(async () => command());
  return { code: process.exitCode, said: said.join('\n') };
}

const fails = (error: Error) => () => {
  throw error;
};

test.each([
  ['well', () => {}, undefined, ''],
  ['in trouble', fails(new Trouble('the port is taken')), 1, '\nthe port is taken'],
  ['called with a value that there is not', fails(new Misuse('--seed is "x"')), 2, '--seed is "x"'],
  [
    'called with an option that there is not',
    () => void parseArgs({ args: ['--nope'], options: {} }),
    2,
    "Unknown option '--nope'",
  ],
])('a command that is %s', async (_, command, code, said) => {
  expect(await ended(command)).toEqual({ code, said });
});

test('a fault of the command’s own shows where it was', async () => {
  const { code, said } = await ended(fails(new TypeError('broken')));
  expect(code).toBe(1);
  expect(said).toMatch(/TypeError: broken\n +at /);
});
