import { afterAll, describe, it } from 'vitest';
import { describeCapacity } from './capacity-suite.ts';
import { printCases } from './cases.ts';
import { describeCheckpoints } from './checkpoints-suite.ts';
import { describeDedupeStore } from './dedupe-suite.ts';
import { describeEffects } from './effects-suite.ts';
import { describeFailedJobs } from './failed-suite.ts';
import { describeJobStore } from './jobs-suite.ts';
import { describeLists } from './lists-suite.ts';
import { describeSealedItems, describeSealedObjects } from './sealed-suite.ts';
import { describePoorStream, describeStream } from './stream-suite.ts';
import { inMemory, onDynamoDbLocal, onMiniStack, type Ports, type Target } from './targets.ts';
import { describeUniqueKeys } from './unique-keys-suite.ts';
import { describeWalk } from './walk-suite.ts';
import { describeWorkflowUnits } from './workflow-units-suite.ts';
import { describeWorkflows } from './workflows-suite.ts';

/**
 * One suite for everything that keeps jobs: the in-memory stores that the other tests build on, and the
 * real ones on MiniStack and on Amazon's DynamoDB Local.
 */
for (const target of [inMemory(), onMiniStack(), await onDynamoDbLocal()]) {
  if (target.missing === undefined) describe(target.name, () => describeStores(target));
  else describeMissing(target.name, target.missing);
}
printCases('contract of the stores');

function describeStores(target: Target): void {
  let opened: Promise<Ports> | undefined;
  const open = () => {
    opened ??= target.open();
    return opened;
  };
  describeJobStore(open);
  describeLists(async () => (await open()).jobs);
  describeFailedJobs(async () => (await open()).jobs);
  describeDedupeStore(async () => (await open()).dedupe);
  const openStream = async () => {
    const { jobs, stream } = await open();
    return { jobs, ...stream };
  };
  if (target.streams) describeStream(openStream);
  else describePoorStream(openStream);
  describeWalk(async () => {
    const { jobs, walk } = await open();
    return { jobs, ...walk };
  });
  describeCheckpoints(async () => (await open()).checkpoints);
  describeEffects(async () => (await open()).effects);
  describeWorkflows(async () => (await open()).workflows);
  describeUniqueKeys(async () => (await open()).workflows);
  if (target.name !== 'in memory')
    describeWorkflowUnits(async () => {
      const { workflows, writeUnits = () => Number.NaN } = await open();
      return { workflows, writeUnits };
    });
  describeSealedItems(async () => (await open()).sealed);
  if (target.endpoint !== undefined) describeCapacity(target.endpoint);
  if (target.objects) describeSealedObjects(async () => (await open()).sealed);
  afterAll(() => target.close());
}

function describeMissing(name: string, why: string): void {
  console.warn(`\n*** NOT TESTED: the stores on ${name}. ${why} ***\n`);
  describe.skip(name, () => void it(why, () => {}));
}
