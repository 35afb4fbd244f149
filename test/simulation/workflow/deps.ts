import type { ApiAnswer } from '../../../functions/http.ts';
import { catalogues } from '../catalogue.ts';
import { common, type Program, randomBytes } from '../functions.ts';
import { keys, type Ports } from '../ports.ts';
import type { Process } from '../process.ts';
import { flowsOf } from './ports.ts';

/** What the functions of workflows have, wired as their handlers wire them: to one process and its ports. */
export function depsOf(process: Process, ports: Ports) {
  return {
    ...common(process),
    ...ports,
    ...flowsOf(ports),
    keys,
    catalogue: catalogueOf(
      process,
      flowsOf(ports).signals.map(({ name }) => name),
    ),
    randomBytes: randomBytes(process),
    sleep: process.sleep,
  };
}

export function catalogueOf({ release }: Process, signals: readonly string[]) {
  return { ...catalogues[release], signals };
}

/** What a caller was told. */
export interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** A call of the API: undefined when its caller does not know what became of it. */
export type Call = (
  name: string,
  step: (program: Program) => Promise<ApiAnswer>,
) => Promise<Answered | undefined>;
