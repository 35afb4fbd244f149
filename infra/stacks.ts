import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type App, Tags } from 'aws-cdk-lib/core';
import type { JobContract, QueueContract } from '../core/define.ts';
import { contractFaults } from '../core/lane.ts';
import type { Bundles } from './bundle.ts';
import { DataStack } from './data-stack.ts';
import { QueueStack } from './queue-stack.ts';
import { type Stage, stages } from './stages.ts';
import { WatchStack } from './watch-stack.ts';

/** What every part of a TaskQ is built with. */
export interface Platform {
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
 * Queues are limited because LANES, the addresses of all lanes, must fit a function's 4 KB of environment.
 */
export function declarationFaults({ stage, name, queues, contracts }: Omit<Declaration, 'bundle'>): string[] {
  const faults = contractFaults(queues, contracts);
  if (!Object.hasOwn(stages, stage))
    faults.push(`stage "${stage}" does not exist; -c stage= takes ${Object.keys(stages).join(' or ')}`);
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name))
    faults.push(
      `name "${name}" cannot name stacks; -c name= takes 1 to 20 of a-z, 0-9 and -, a letter first`,
    );
  if (queues.length > maxQueues)
    faults.push(
      `${queues.length} queues are declared; at most ${maxQueues}, because the addresses of their lanes reach the ` +
        "functions in Lambda's 4 KB of environment. Put more job types into one queue",
    );
  return faults;
}

/** An address is up to 120 bytes with its lane's name, and a queue has five. */
const maxQueues = 5;

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
  const platform = { stage, bundles, key: data.key };
  const queue = new QueueStack(app, `${name}-queue`, { platform, data, queues, contracts });
  new WatchStack(app, `${name}-watch`, { platform, name, data, queue });
}
