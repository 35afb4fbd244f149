import type { GraphNode } from './graph.ts';
import type { Source } from './source.ts';

/** A node as it is stored, and never changed: what `advance` needs of it, and what makes its job. */
export interface NodeSpec {
  /** Unique in the workflow; a node of a sub-workflow has its path: `etl/count`. */
  key: string;
  node: GraphNode;
  job?: JobSpec;
  payload?: unknown;
  /** Where in the payload → where it comes from; nodes by their full keys. */
  from?: Record<string, Source>;
  /** `map` only: the list. */
  over?: Source;
  when?: string;
  /** The names that `when` knows nodes by → their full keys. */
  names?: Record<string, string>;
  signal?: { name: string; timeoutSeconds?: number };
}

/** What a job is enqueued with, payload apart; what is absent its type decides. */
export interface JobSpec {
  type: string;
  queue?: string;
  priority?: number;
  delaySeconds?: number;
  maxAttempts?: number;
  timeoutSeconds?: number;
}
