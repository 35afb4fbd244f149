/** The CDK app of a later release: other code, other environments, one more index on the jobs table, a tag on all. */
import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { App, Tags } from 'aws-cdk-lib/core';
import { type Bundles, bundleFunctions } from '../../infra/bundle.ts';
import type { DataStack } from '../../infra/data-stack.ts';
import { declareStacks } from '../../infra/stacks.ts';
import { contracts } from '../../jobs/contracts.ts';
import { queues } from '../../jobs/queues.ts';

const app = new App();

async function laterBundles(): Promise<Bundles> {
  const bundles = Object.entries(await bundleFunctions()).map(([name, { directory, version }]) => {
    const later = join(app.outdir, 'later', name);
    cpSync(directory, later, { recursive: true });
    appendFileSync(join(later, 'index.mjs'), '// later\n');
    return [name, { directory: later, version: `${version}-later` }];
  });
  return Object.fromEntries(bundles);
}

await declareStacks(app, { stage: 'local', name: 'taskq', queues, contracts, bundle: laterBundles });
const { jobs } = app.node.findChild('taskq-data') as DataStack;
jobs.addGlobalSecondaryIndex({
  indexName: 'later',
  partitionKey: { name: 'later', type: AttributeType.STRING },
});
Tags.of(app).add('release', 'later');
