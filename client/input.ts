import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { isJobId } from '../core/id.ts';
import { UsageError } from './exit.ts';

/** A payload argument, or another of its kind: JSON text, `@file`, or `-` for standard input. */
export async function readPayload(argument: string, kind = 'payload'): Promise<unknown> {
  if (argument === '-') return parseJson(await text(process.stdin), 'standard input');
  if (argument.startsWith('@')) return parseJson(await readText(argument.slice(1)), argument.slice(1));
  return parseJson(argument, `the ${kind} ${shown(argument)}`);
}

/** A file that holds one JSON document; `-` is standard input. */
export async function readDocument(path: string): Promise<unknown> {
  const content = path === '-' ? await text(process.stdin) : await readText(path);
  return parseJson(content, nameOf(path), 'the file holds one JSON document');
}

/** The lines of a file, or of standard input for `-`, that are not blank: each is JSON. */
export async function readLines(path: string): Promise<{ line: number; value: unknown }[]> {
  const content = path === '-' ? await text(process.stdin) : await readText(path);
  return content
    .split('\n')
    .map((each, index) => ({ line: index + 1, text: each }))
    .filter((each) => each.text.trim() !== '')
    .map((each) => ({
      line: each.line,
      value: parseLine(each.text, `line ${each.line} of ${nameOf(path)}`),
    }));
}

/** An argument that names a job. */
export function parseJobId(argument: string): string {
  if (!isJobId(argument))
    throw new InvalidArgumentError('A job id looks like 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03.');
  return argument;
}

/** An argument that names a workflow. */
export function parseWorkflowId(argument: string): string {
  if (!isJobId(argument))
    throw new InvalidArgumentError('A workflow id looks like 019aa0f2-6c1e-7b3a-9d2e-5f0c8a417e03.');
  return argument;
}

/** An option's whole number; its range is the API's to judge. */
export function parseWhole(argument: string): number {
  if (!/^\d+$/.test(argument)) throw new InvalidArgumentError('It is a whole number.');
  return Number(argument);
}

/** An option that may be repeated. */
export function collect(argument: string, before: string[] = []): string[] {
  return [...before, argument];
}

/** The same of job ids. */
export function collectJobIds(argument: string, before: string[] = []): string[] {
  return collect(parseJobId(argument), before);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function parseJson(
  content: string,
  what: string,
  todo = `give JSON such as '{"message": "hello"}', @FILE, or - for standard input`,
): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}; ${todo}`);
  }
}

/** A line of a file of jobs. What it lacks is told by column: of lines, the file's own number is the one that counts. */
function parseLine(content: string, what: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    const why = (error as Error).message.replace(
      / in JSON at position \d+ \(line 1 column (\d+)\)$/,
      ' at column $1',
    );
    throw new UsageError(`${what} is not JSON: ${why}; a line is {"type": …, "payload": …}`);
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function shown(argument: string): string {
  return argument.length > 60 ? `${argument.slice(0, 60)}…` : argument;
}
