import { beforeAll, describe, expect, it } from 'vitest';
import { type WorkflowItem, workflowKey } from '../../core/workflow/item.ts';
import { partitionOf } from '../../core/workflow/watch.ts';
import type { Workflows } from '../../functions/workflows.ts';
import { aJobId, sealedBytes } from '../support/a-job.ts';
import { start } from '../support/clock.ts';

const tenant = 'acme';

function anItem(id: string, more: Partial<WorkflowItem> = {}): WorkflowItem {
  return {
    ...workflowKey(tenant, id),
    v: 1,
    status: 'running',
    phase: 'forward',
    changes: 0,
    nodes: 2,
    execution: 0,
    advances: 0,
    advancesInAll: 0,
    createdBy: 'a test',
    ...more,
  };
}

/** What every store of workflows does, the in-memory one and the real one alike. */
export function describeWorkflows(open: () => Promise<Workflows>): void {
  let store: Workflows;
  beforeAll(async () => {
    store = await open();
  });
  const part = { first: 0, count: 2, sealed: sealedBytes(20) };
  const states = { index: 0, letters: 'ww', revision: 1 };
  const created = async (more: Partial<WorkflowItem> = {}): Promise<WorkflowItem> =>
    store.create(anItem(aJobId(), more), [part]);
  const read = async ({ sk }: WorkflowItem) => (await store.get(tenant, sk)) as WorkflowItem;

  describe('workflows', () => {
    it('one is created with its parts; again, what stands is returned and left as it is', async () => {
      const item = await created({ tags: ['a'] });
      expect(await store.get(tenant, item.sk)).toEqual(item);
      expect(await store.nodes(tenant, item.sk, 0)).toMatchObject([part]);
      expect(await store.saveStates(tenant, item.sk, { ...states, letters: 'rw' })).toBe(true);
      expect(await store.create(anItem(item.sk, { tags: ['b'] }), [part])).toEqual(item);
      expect(await store.states(tenant, item.sk)).toMatchObject([{ letters: 'rw', revision: 1 }]);
      expect(await store.get('other', item.sk)).toBeUndefined();
    });

    it('parts are appended once, and listed in the order of their nodes', async () => {
      const item = await created();
      const more = (first: number) => ({ first, count: 1, elementOf: 0 });
      expect(await store.append(tenant, item.sk, more(11))).toBe(true);
      expect(await store.append(tenant, item.sk, more(2))).toBe(true);
      expect(await store.append(tenant, item.sk, { ...more(2), count: 9 })).toBe(false);
      const found = await store.nodes(tenant, item.sk, 0);
      expect(found.map(({ first, count }) => [first, count])).toEqual([
        [0, 2],
        [2, 1],
        [11, 1],
      ]);
    });

    it('nodes are read on from where one knows them', async () => {
      const item = await created();
      const more = { first: 2, count: 3, added: [{ by: 0, nth: 0 }] };
      expect(await store.append(tenant, item.sk, more)).toBe(true);
      expect(await store.nodes(tenant, item.sk, 2)).toMatchObject([more]);
      expect(await store.nodes(tenant, item.sk, 5)).toEqual([]);
    });

    it('what jobs add is kept part by part, and listed by job', async () => {
      const { sk } = await created();
      const added = (by: number, nth: number) => ({ by, nth, sealed: sealedBytes(20) });
      expect(await store.added(tenant, sk)).toEqual([]);
      const parts = [added(12, 0), added(2, 1), added(2, 0), added(9_999, 0)];
      for (const each of parts) expect(await store.addNodes(tenant, sk, each)).toBe(true);
      expect(await store.addNodes(tenant, sk, added(2, 1))).toBe(false);
      const names = async (by?: number) =>
        (await store.added(tenant, sk, by)).map((each) => [each.by, each.nth]);
      expect(await names()).toEqual([
        [2, 0],
        [2, 1],
        [12, 0],
        [9_999, 0],
      ]);
      expect(await names(2)).toEqual([
        [2, 0],
        [2, 1],
      ]);
      expect(await names(1)).toEqual([]);
      expect((await store.added(tenant, sk, 12))[0]).toMatchObject(parts[0] as object);
      await store.expireParts(tenant, sk, 1_900_000_000);
      expect((await store.added(tenant, sk, 12))[0]).toMatchObject({ expiresAt: 1_900_000_000 });
      await store.expireParts(tenant, sk, undefined);
      expect(Object.keys((await store.added(tenant, sk, 12))[0] ?? {})).not.toContain('expiresAt');
    });

    it('news are refused in another phase than they are for', async () => {
      const item = await created({ phase: 'stopping', token: 'one' });
      expect(await store.raise(tenant, item.sk, ['added:0:1'], 'forward')).toBeUndefined();
      expect(await read(item)).toEqual(item);
      expect(await store.raise(tenant, item.sk, ['added:0:1'], 'stopping')).toEqual({ token: 'one' });
    });

    it('states are written over the revision before, and no other', async () => {
      const item = await created();
      expect(await store.states(tenant, item.sk)).toEqual([]);
      expect(await store.saveStates(tenant, item.sk, states)).toBe(true);
      const save = (revision: number) =>
        store.saveStates(tenant, item.sk, { index: 0, letters: 'cc', revision });
      expect(await save(1)).toBe(false);
      expect(await save(3)).toBe(false);
      expect(await save(2)).toBe(true);
      expect(await save(2)).toBe(false);
      const next = { index: 1, letters: 'w', revision: 1, rounds: '"' };
      expect(await store.saveStates(tenant, item.sk, next)).toBe(true);
      expect(await store.states(tenant, item.sk)).toMatchObject([{ letters: 'cc' }, next]);
    });

    it('news are a set that raises `changes` and takes the token', async () => {
      const item = await created({ token: 'one' });
      expect(await store.raise(tenant, item.sk, ['job:0:0:completed', 'cancel'])).toEqual({ token: 'one' });
      expect(await store.raise(tenant, item.sk, ['cancel'])).toEqual({});
      const { changes, unread, token } = await read(item);
      expect([changes, unread, token]).toEqual([2, new Set(['job:0:0:completed', 'cancel']), undefined]);
      expect(await store.raise(tenant, aJobId(), ['cancel'])).toBeUndefined();
    });

    it('a rest is refused when something came in between, else it takes what was read', async () => {
      const item = await created();
      await store.raise(tenant, item.sk, ['job:0:0:completed']);
      const seen = await read(item);
      const change = { read: ['job:0:0:completed'], set: { token: 'two', counts: { completed: 1 } } };
      await store.raise(tenant, item.sk, ['job:1:0:completed']);
      expect(await store.rest(seen, change)).toBe(false);
      expect((await read(item)).token).toBeUndefined();
      expect(await store.rest(await read(item), change)).toBe(true);
      const left = await read(item);
      expect([left.token, left.counts, left.unread]).toEqual([
        'two',
        { completed: 1 },
        new Set(['job:1:0:completed']),
      ]);
      expect(await store.rest(left, { read: ['job:1:0:completed'], set: { status: 'completed' } })).toBe(
        true,
      );
      expect((await read(item)).unread).toBeUndefined();
      expect(await store.raise(tenant, item.sk, ['cancel'])).toBeUndefined();
    });

    it('a token is put back where there is none, and never on what has ended', async () => {
      const item = await created({ token: 'one' });
      await store.returnToken(tenant, item.sk, 'late');
      expect((await read(item)).token).toBe('one');
      await store.raise(tenant, item.sk, ['cancel']);
      await store.returnToken(tenant, item.sk, 'one');
      expect(await read(item)).toMatchObject({ token: 'one', changes: 1 });
      const ended = await created({ status: 'failed' });
      await store.returnToken(tenant, ended.sk, 'one');
      expect((await read(ended)).token).toBeUndefined();
    });

    it('a rest of an advance that another has overtaken is refused, be it of another execution', async () => {
      const item = await created();
      const change = { read: [], set: { token: 'four', advancesInAll: 1 } };
      expect(await store.rest(item, change)).toBe(true);
      expect(await store.rest(item, { read: [], set: { token: 'late' } })).toBe(false);
      const seen = await read(item);
      expect(await store.rest(seen, { read: [], set: { execution: 1, advances: 0 } })).toBe(true);
      expect(await store.rest(seen, { read: [], set: { token: 'late' } })).toBe(false);
      expect(await read(item)).toMatchObject({ token: 'four', execution: 1, advances: 0, advancesInAll: 1 });
    });

    it('news are taken away by themselves, whatever came since', async () => {
      const item = await created();
      await store.raise(tenant, item.sk, ['job:0:0:completed', 'job:1:0:failed']);
      await store.forget(tenant, item.sk, ['job:0:0:completed', 'job:7:0:completed']);
      expect(await read(item)).toMatchObject({ changes: 1, unread: new Set(['job:1:0:failed']) });
      await store.forget(tenant, item.sk, ['job:1:0:failed']);
      expect((await read(item)).unread).toBeUndefined();
    });

    it('a token is stored only over the changes that were read, whoever comes first', async () => {
      const item = await created();
      const seen = await read(item);
      const [raised, rested] = await Promise.all([
        store.raise(tenant, item.sk, ['job:0:0:completed']),
        store.rest(seen, { read: [], set: { token: 'three' } }),
      ]);
      // Whoever comes second sees the first: the token is handed back, or not stored at all.
      expect(raised?.token === 'three').toBe(rested);
      expect((await read(item)).token).toBeUndefined();
    });

    it('an ended one is set going again, once', async () => {
      const item = await created({ status: 'failed', finishedAt: start, stopped: 'timeout', expiresAt: 5 });
      const change = {
        set: { status: 'running' as const, execution: 1, unread: new Set(['retry:all:1']) },
        remove: ['finishedAt', 'expiresAt', 'stopped', 'token', 'deadlines', 'causes'] as const,
      };
      expect(await store.reopen(item, change)).toBe(true);
      expect(await store.reopen(item, change)).toBe(false);
      expect(await read(item)).toEqual(
        anItem(item.sk, { execution: 1, changes: 1, unread: new Set(['retry:all:1']) }),
      );
    });

    it('an execution that was let go of stores no token any more', async () => {
      const item = await created({ token: 'gone' });
      expect(await store.revive(item, start)).toBe(true);
      expect(await store.rest(item, { read: [], set: { token: 'late' } })).toBe(false);
      expect((await read(item)).token).toBeUndefined();
      expect(await store.rest(await read(item), { read: [], set: { execution: 2 } })).toBe(true);
      expect((await read(item)).execution).toBe(2);
    });

    it('an execution is let go of once, and never of what has ended', async () => {
      const item = await created({ token: 'gone', advances: 7 });
      expect(await store.revive(item, start)).toBe(true);
      expect(await store.revive(item, start)).toBe(false);
      expect(await read(item)).toEqual(anItem(item.sk, { execution: 1, lookAt: start }));
      expect(await store.revive(await created({ status: 'completed' }), start)).toBe(false);
    });

    it('sealed parts: the first of a name stands', async () => {
      const { sk } = await created();
      expect(await store.part(tenant, sk, 'signal#approval')).toBeUndefined();
      const first = sealedBytes(20);
      expect(await store.keepPart(tenant, sk, 'signal#approval', first)).toBe(true);
      expect(await store.keepPart(tenant, sk, 'signal#approval', sealedBytes(30))).toBe(false);
      expect(await store.part(tenant, sk, 'signal#approval')).toMatchObject(first);
      await store.expireParts(tenant, sk, 1_900_000_000);
      await store.expireParts(tenant, sk, undefined);
      expect(await store.part(tenant, sk, 'signal#approval')).toMatchObject(first);
    });

    it('marks come when their time has, until they are taken off; one set anew meanwhile stays', async () => {
      const workflow = aJobId();
      const due = async (until: number) =>
        (await store.marks(partitionOf(workflow), until)).filter((each) => each.workflow === workflow);
      const mark = { tenant, workflow, lookAt: start };
      await store.mark(mark);
      expect(await due(start - 1)).toEqual([]);
      expect(await due(start)).toEqual([mark]);
      await store.mark({ ...mark, lookAt: start + 5 });
      expect(await due(start)).toEqual([]);
      await store.unmark(mark);
      expect(await due(start + 5)).toEqual([{ ...mark, lookAt: start + 5 }]);
      await store.unmark({ ...mark, lookAt: start + 5 });
      expect(await due(start + 9)).toEqual([]);
    });

    it('a list of a shard: newest first, within both bounds', async () => {
      const [one, two, three] = [await created(), await created(), await created()] as const;
      const { pk } = one;
      const ids = [one, two, three]
        .filter((each) => each.pk === pk)
        .map(({ sk }) => sk)
        .sort()
        .reverse();
      const all = await store.newest({ pk, before: 'g', after: '0', limit: 1_000 });
      expect(all.map(({ sk }) => sk).filter((sk) => ids.includes(sk))).toEqual(ids);
      const [newest = ''] = ids;
      expect(await store.newest({ pk, before: newest, after: newest, limit: 9 })).toMatchObject([
        { sk: newest },
      ]);
      expect(await store.newest({ pk, before: '0', after: 'g', limit: 9 })).toEqual([]);
    });
  });
}
