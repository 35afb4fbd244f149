import { createContext, Script } from 'node:vm';

const call = new Script('step()');
/** One for all: making it takes longer than most steps. */
const context = createContext({});

/**
 * What a synchronous step returns, or undefined when it takes longer than so many ms: it is broken off. For
 * expressions that people hand in: two loops over a long list would keep the function, and the workflow, for ever.
 */
export function bounded<T>(step: () => T, ms: number): T | undefined {
  try {
    context.step = step;
    return call.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
