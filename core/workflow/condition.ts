import { type ASTNode, Environment } from '@marcbachmann/cel-js';

/**
 * `when` of a node: an expression in CEL (https://cel.dev) over what came before. It sees `results.key` of the nodes
 * that it depends on, and `states.key`: how each of them ended.
 */
export interface Condition {
  /** Keys whose results it looks at. */
  uses: string[];
  /** Keys whose states it looks at. */
  asks: string[];
}

export interface Seen {
  results: Readonly<Record<string, unknown>>;
  states: Readonly<Record<string, string>>;
}

export const maxConditionLength = 1_000;

/** Far above what people write; it keeps a hostile expression from filling memory. */
const limits = {
  maxAstNodes: 300,
  maxDepth: 30,
  maxListElements: 100,
  maxMapEntries: 100,
  maxCallArguments: 10,
};
const environment = new Environment({ limits })
  .registerVariable('results', 'map')
  .registerVariable('states', 'map');

/** Loops over a list: one at the most, because nested ones over a long result would run for ever. */
const loops = new Set(['all', 'exists', 'exists_one', 'filter']);
/**
 * All that may be called: one step of each is over soon and makes no more than it was given. What is not here fills
 * memory or runs for minutes within one step, which no clock breaks off (`split` and `join`, `matches`, `bytes`), or
 * says the value it was given when it fails (`bool`).
 */
const callable = new Set([
  ...['all', 'contains', 'double', 'duration', 'endsWith', 'exists', 'exists_one', 'filter', 'has', 'int'],
  ...['lowerAscii', 'size', 'startsWith', 'string', 'timestamp', 'trim', 'upperAscii'],
]);
/** The longer their text, the longer one step: a result would do for minutes. */
const toldInFull = new Set(['contains', 'duration']);
const maxTextLength = 100;
/** What makes another text or list out of results: so many times the size of the largest is what memory must hold. */
const copying = new Set(['+', 'lowerAscii', 'upperAscii']);
const maxCopies = 10;

/** Is it an expression, and what does it look at. @returns what is wrong, as a sentence, if it is none */
export function readCondition(text: string): Condition | { fault: string } {
  if (text.length > maxConditionLength)
    return { fault: `must have at most ${maxConditionLength} characters` };
  let nodes: ASTNode[];
  try {
    nodes = flat(environment.parse(text).ast);
  } catch (error) {
    return { fault: `must be an expression in CEL: ${firstLine(error)}` };
  }
  const fault = faultOf(nodes);
  if (fault !== undefined) return { fault };
  const known = new Set(['results', 'states', ...nodes.flatMap(loopVariable)]);
  const stray = nodes.find(({ op, args }) => op === 'id' && !known.has(args as string));
  if (stray !== undefined) return { fault: `must look at results or states, not at ${String(stray.args)}` };
  const keysOf = (of: string) => [...new Set(nodes.flatMap((node) => keyOf(of, node)))];
  return { uses: keysOf('results'), asks: keysOf('states') };
}

/** What would take too much time or memory. */
function faultOf(nodes: readonly ASTNode[]): string | undefined {
  const calls = nodes.flatMap(callOf);
  const stray = calls.find(({ name }) => !callable.has(name));
  if (stray !== undefined) return `must not call ${stray.name}(), only ${[...callable].join(', ')}`;
  if (calls.filter(({ name }) => loops.has(name)).length > 1)
    return `must have at most one of ${[...loops].join(', ')}`;
  if (calls.some(({ name, given }) => toldInFull.has(name) && !given.every(isShortText)))
    return `must give ${[...toldInFull].join(' and ')} a text in quotes, of at most ${maxTextLength} characters`;
  const copies = [...nodes.map(({ op }) => op), ...calls.map(({ name }) => name)];
  if (copies.filter((each) => copying.has(each)).length > maxCopies)
    return `must have at most ${maxCopies} of ${[...copying].join(', ')}`;
  return undefined;
}

/** `size(x)`, or `x.size()`. */
function callOf({ op, args }: ASTNode): { name: string; given: readonly ASTNode[] }[] {
  if (op !== 'call' && op !== 'rcall') return [];
  const [name, ...more] = args as [string, ...unknown[]];
  return [{ name, given: more.at(-1) as readonly ASTNode[] }];
}

function isShortText({ op, args }: ASTNode): boolean {
  return op === 'value' && typeof args === 'string' && args.length <= maxTextLength;
}

/** Does it hold. @returns what is wrong, as a sentence that holds no value, when it cannot be told */
export function judgeCondition(text: string, seen: Seen): boolean | { fault: string } {
  try {
    const holds = environment.parse(text)(seen as unknown as Record<string, unknown>);
    return typeof holds === 'boolean' ? holds : { fault: 'the condition gives neither true nor false' };
  } catch (error) {
    return { fault: `the condition could not be judged: ${firstLine(error)}` };
  }
}

/** The name that a loop gives to what it looks at: `x` in `results.a.all(x, …)`. */
function loopVariable({ op, args }: ASTNode): string[] {
  if (op !== 'rcall') return [];
  const [name, , [variable] = []] = args as [string, ASTNode, ASTNode[]?];
  return loops.has(name) && variable?.op === 'id' ? [variable.args as string] : [];
}

/** `results.key` or `results["key"]`, or the same of `states`. */
function keyOf(variable: string, { op, args }: ASTNode): string[] {
  if (op !== '.' && op !== '[]') return [];
  const [of, key] = args as [ASTNode, string | ASTNode];
  if (of.op !== 'id' || of.args !== variable) return [];
  if (typeof key === 'string') return [key];
  return key.op === 'value' && typeof key.args === 'string' ? [key.args] : [];
}

function flat(node: ASTNode): ASTNode[] {
  const parts = [node.args]
    .flat(3)
    .filter((part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part);
  return [node, ...parts.flatMap(flat)];
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
