import { createHash } from 'node:crypto';
import { idRandomBytes, mintedAtOf, mintJobId } from '../id.ts';
import { type JobRecord, mintShards } from '../table.ts';

/**
 * What ties a job to the node of a workflow that it runs for. Written on the record as
 * `workflow#node#generation`, with `#undo` behind it when the job compensates the node.
 */
export interface Link {
  workflow: string;
  /** Index of the node. */
  node: number;
  /** 0, and one more for each time the node is run anew. */
  generation: number;
  undo: boolean;
}

const pattern = /^([0-9a-f-]{36})#(\d{1,5})#(\d{1,6})(#undo)?$/;

export function encodeLink({ workflow, node, generation, undo }: Link): string {
  return `${workflow}#${node}#${generation}${undo ? '#undo' : ''}`;
}

/** The payload of a job that undoes a node: what the node's job was given, and what it returned. */
export interface Undoing {
  payload: unknown;
  result: unknown;
}

/** Does this job undo what a node of a workflow did. */
export function undoes({ workflow }: Pick<JobRecord, 'workflow'>): boolean {
  return workflow?.endsWith('#undo') ?? false;
}

/** Undefined on what is no link. */
export function decodeLink(text: string): Link | undefined {
  const [, workflow, node, generation, undo] = pattern.exec(text) ?? [];
  if (workflow === undefined) return undefined;
  return { workflow, node: Number(node), generation: Number(generation), undo: undo !== undefined };
}

/**
 * The id of a node's job: a pure function of its link, so that an advance that runs twice inserts once. Minted, by
 * its first 48 bits, when the workflow was.
 */
export function jobIdOf(tenant: string, link: Link): string {
  const bytes = createHash('sha256').update(encodeLink(link)).digest();
  return mintJobId(mintedAtOf(link.workflow), bytes, (bytes[idRandomBytes] ?? 0) % mintShards(tenant));
}
