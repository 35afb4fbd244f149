/** A failure that a person can act on: its message says what happened and what to do, so no stack is shown. */
export class Trouble extends Error {}

/** A command that was called wrongly: its message says what is allowed. */
export class Misuse extends Error {}

/** Where progress goes, as raw text: the terminal, or nowhere in tests. */
export type Write = (text: string) => void;

/** Writes to the terminal. */
export const toTerminal: Write = (text) => void process.stdout.write(text);

/** Runs one step of `up` or `down` and writes its name and how long it took on one line. */
export async function step<T>(write: Write, name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  write(`  ${name} …`);
  try {
    const result = await run();
    write(` ${seconds(performance.now() - start)}\n`);
    return result;
  } catch (error) {
    write(' failed\n');
    throw error;
  }
}

/** 1234 → "1.2 s". */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The last `count` lines of a log, indented, for showing below a message. */
export function lastLines(log: string, count: number): string {
  return indent(log.trimEnd().split('\n').slice(-count));
}

/** Lines set below a message. */
export function indent(lines: string[]): string {
  return lines.map((line) => `    ${line}`).join('\n');
}

/** The main program of a command: exit code 1 and the message on trouble; a stack only for what is our fault; 2 for options and values that there are not. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    const misuse = misuseOf(error);
    if (misuse !== undefined) {
      console.error(misuse);
      process.exitCode = 2;
      return;
    }
    console.error(
      `\n${error instanceof Trouble ? error.message : error instanceof Error ? error.stack : error}`,
    );
    process.exitCode = 1;
  }
}

/** What was wrong with the call: `parseArgs` says so of an option that there is not, or one without its value. */
function misuseOf(error: unknown): string | undefined {
  if (error instanceof Misuse) return error.message;
  const { code } = (error ?? {}) as { code?: unknown };
  const isParseArgs = error instanceof Error && typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
  // One sentence of Node's, without its advice about arguments that look like options.
  return isParseArgs ? error.message.split('. ')[0] : undefined;
}
