import { type FunctionName, type Wire, wiring } from '../core/wiring.ts';

/**
 * The environment of a function, as `core/wiring.ts` declares it. The one place that reads process.env.
 * Throws at cold start, naming the function and everything that is missing.
 */
export function readEnv<F extends FunctionName>(name: F): Record<Wire<F>, string> {
  const wires: readonly string[] = wiring[name];
  const missing = wires.filter((each) => process.env[each] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `function "${name}" is missing ${missing.join(', ')} in its environment; infra/ binds what core/wiring.ts lists`,
    );
  }
  return Object.fromEntries(wires.map((each) => [each, process.env[each]])) as Record<Wire<F>, string>;
}

/** What this TaskQ is called (`-c name=`): infra tells every function, for its metrics alone. */
export function taskqName(): string {
  return process.env.TASKQ ?? 'taskq';
}
