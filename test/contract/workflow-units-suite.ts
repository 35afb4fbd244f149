import { beforeAll, describe, expect, it } from 'vitest';
import { type WorkflowItem, workflowKey } from '../../core/workflow/item.ts';
import type { Workflows } from '../../functions/workflows.ts';
import { aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

/** A time with no zeros at its end, which DynamoDB would not store. */
const now = start + 7_123;
const tenant = 'acme';
/** As AWS mints them: two pieces of base64, some 700 letters. */
const token = `${base64(91)}${base64(450)}`;

/** A workflow of 512 nodes that somebody with a role and a trace has started. */
function anItem(): WorkflowItem {
  return {
    ...workflowKey(tenant, aJobId({ at: now })),
    v: 1,
    status: 'running',
    phase: 'forward',
    changes: 0,
    nodes: 512,
    execution: 0,
    advances: 0,
    advancesInAll: 0,
    createdBy: 'arn:aws:sts::000000000000:assumed-role/orders-service/orders-service-7f9c',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    tags: ['nightly', 'orders'],
  };
}

/** What the writes of a workflow cost, as the store says: what docs/cost.md and docs/workflows.md promise. */
export function describeWorkflowUnits(
  open: () => Promise<{ workflows: Workflows; writeUnits: () => number }>,
): void {
  let store: Workflows;
  let writeUnits: () => number;
  beforeAll(async () => {
    ({ workflows: store, writeUnits } = await open());
  });
  const unitsOf = async (write: () => Promise<unknown>): Promise<number> => {
    writeUnits();
    await write();
    return writeUnits();
  };
  const states = { index: 0, letters: 'w'.repeat(512), revision: 1 };

  describe('write units of a workflow', () => {
    it('an advance: 1 for the news, 1 for the states of 512 nodes, 1 for its end; and so with the token', async () => {
      const item = anItem();
      const { sk: id } = item;
      const part = { first: 0, count: 512, sealed: sealedBytes(500) };
      expect(await unitsOf(() => store.create(item, [part]))).toBe(2);
      expect(await unitsOf(() => store.saveStates(tenant, id, states))).toBe(1);
      for (let revision = 2; revision <= 3; revision++) {
        const news = `job:${revision}:0:completed`;
        const raised = revision === 2 ? {} : { token };
        expect(await unitsOf(async () => expect(await store.raise(tenant, id, [news])).toEqual(raised))).toBe(
          1,
        );
        const letters = 'c'.repeat(revision).padEnd(512, 'w');
        expect(await unitsOf(() => store.saveStates(tenant, id, { ...states, letters, revision }))).toBe(1);
        const seen = (await store.get(tenant, id)) as WorkflowItem;
        const set = {
          ...{ phase: 'forward' as const, nodes: 512, token, lookAt: now },
          ...{ counts: { waiting: 308, running: 102, completed: 102 }, advances: 512, advancesInAll: 512 },
        };
        expect(await unitsOf(() => store.rest(seen, { read: [news], set }))).toBe(1);
        expect(await store.get(tenant, id)).toMatchObject({ token, advances: 512 });
      }
    });

    it('ten ends told together: 1', async () => {
      const item = anItem();
      await store.create(item, []);
      const news = Array.from({ length: 10 }, (_, node) => `job:${node}:0:completed`);
      expect(await unitsOf(() => store.raise(tenant, item.sk, news))).toBe(1);
    });
  });
}

function base64(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 37) % 251)).toString('base64');
}
