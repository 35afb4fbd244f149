import { App } from 'aws-cdk-lib/core';
import { bundlePeer } from './bundle.ts';
import { PeersStack } from './stack.ts';

/** What `cdk` runs for the bench: the naive and the Powertools wiring, and a plain Map, beside a deployed TaskQ. */
const [naive, powertools] = await Promise.all(
  (['naive', 'powertools'] as const).map(async (name) => ({
    enqueue: await bundlePeer(name, 'enqueue'),
    work: await bundlePeer(name, 'work'),
  })),
);
if (naive === undefined || powertools === undefined) throw new Error('the bundles of the peers are missing');
new PeersStack(new App(), 'bench', { naive, powertools }, await bundlePeer('step-map', 'work'));
