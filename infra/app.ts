import { App } from 'aws-cdk-lib/core';
import { contracts } from '../jobs/contracts.ts';
import { queues } from '../jobs/queues.ts';
import { bundleFunctions } from './bundle.ts';
import { DeclarationError, declareStacks } from './stacks.ts';

/** What `cdk` runs. Context: `-c stage=local|prod` (prod), `-c name=…` (taskq). */
const app = new App();
const stage: string = app.node.tryGetContext('stage') ?? 'prod';
const name: string = app.node.tryGetContext('name') ?? 'taskq';
try {
  await declareStacks(app, { stage, name, queues, contracts, bundle: bundleFunctions });
} catch (error) {
  if (!(error instanceof DeclarationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
