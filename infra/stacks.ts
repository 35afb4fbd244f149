import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type App, Tags } from 'aws-cdk-lib/core';
import type { JobContract, QueueContract } from '../core/define.ts';
import { contractFaults, lanes } from '../core/lane.ts';
import type { Bundles } from './bundle.ts';
import { DataStack } from './data-stack.ts';
import { QueueStack } from './queue-stack.ts';
import { type Stage, stages } from './stages.ts';
import { WatchStack } from './watch-stack.ts';

/** What every part of a TaskQ is built with. */
export interface Platform {
  /** What this TaskQ is called. */
  name: string;
  stage: Stage;
  bundles: Bundles;
  key: IKey;
}

export interface Declaration {
  /** Of `stages.ts`. */
  stage: string;
  /** Sets several TaskQs of one account apart: the stacks are `<name>-data`, `<name>-queue`, `<name>-watch`. */
  name: string;
  queues: readonly QueueContract[];
  contracts: readonly JobContract[];
  /** Makes the code; called once the declaration is known to be right. */
  bundle: () => Promise<Bundles>;
}

/** What was declared cannot be built; the message tells its author what to change. */
export class DeclarationError extends Error {}

/**
 * All that can be known to be wrong before anything is built, as sentences.
 * Queues are limited because LANES, the names of all lanes, must fit a function's 4 KB of environment.
 */
export function declarationFaults({ stage, name, queues, contracts }: Omit<Declaration, 'bundle'>): string[] {
  const faults = contractFaults(queues, contracts);
  if (!Object.hasOwn(stages, stage))
    faults.push(`stage "${stage}" does not exist; -c stage= takes ${Object.keys(stages).join(' or ')}`);
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name))
    faults.push(
      `name "${name}" cannot name stacks; -c name= takes 1 to 20 of a-z, 0-9 and -, a letter first`,
    );
  const bytes = queues.reduce((sum, queue) => sum + laneNamesBytes(`${name}-queue`, queue.name), 0);
  if (bytes > maxLaneNamesBytes)
    faults.push(
      `the names of the lanes of ${queues.length} queues take ${bytes} bytes; at most ${maxLaneNamesBytes}, because they ` +
        "reach the functions in Lambda's 4 KB of environment: some ten queues with short names. Put more job types into " +
        'one queue',
    );
  return faults;
}

/** What the other values of a function's environment leave. */
const maxLaneNamesBytes = 3_200;

/**
 * What a queue takes in LANES. CloudFormation calls an SQS queue `<stack>-<logical id>-<12 characters>`, cut to 80; its
 * logical id is the letters and digits of its path, and 8 of a hash.
 */
function laneNamesBytes(stack: string, queue: string): number {
  const id = queue.replaceAll(/[^a-z0-9]/g, '').length;
  return lanes.reduce(
    (sum, lane) => sum + `"${lane}":"",`.length + Math.min(80, stack.length + id + lane.length + 22),
    `"${queue}":{},`.length,
  );
}

/** Declares the three stacks. Throws DeclarationError, listing every fault, before anything is bundled or declared. */
export async function declareStacks(app: App, declaration: Declaration): Promise<void> {
  const faults = declarationFaults(declaration);
  if (faults.length > 0) {
    throw new DeclarationError(`TaskQ cannot be built:\n${faults.map((each) => `  - ${each}`).join('\n')}`);
  }
  const { name, queues, contracts } = declaration;
  const bundles = await declaration.bundle();
  const stage: Stage = stages[declaration.stage as keyof typeof stages];
  Tags.of(app).add('taskq', name);
  const data = new DataStack(app, `${name}-data`, { stage, name });
  const platform = { name, stage, bundles, key: data.key };
  const queue = new QueueStack(app, `${name}-queue`, { platform, data, queues, contracts });
  new WatchStack(app, `${name}-watch`, { platform, data, queue });
}
