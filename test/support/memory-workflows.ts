import type {
  AddedPart,
  KeptPart,
  KeyHolder,
  NodesPart,
  StatesPart,
  WorkflowItem,
} from '../../core/workflow/item.ts';
import { addedSortKey, partNames, workflowKey } from '../../core/workflow/item.ts';
import { type Mark, partitionOf } from '../../core/workflow/watch.ts';
import type { Executions, Workflows } from '../../functions/workflows.ts';
import { type Faults, noFaults } from './faults.ts';

/** The calls of `Workflows`, each at once: what several processes share, whatever happens to their calls. */
export type WorkflowRows = {
  [Name in keyof Workflows]: (...args: Parameters<Workflows[Name]>) => Awaited<ReturnType<Workflows[Name]>>;
};

/** Workflows of the control table in memory. */
export function workflowRows() {
  const items = new Map<string, WorkflowItem>();
  const held = new Map<string, KeyHolder>();
  const expiring = new Map<string, number>();
  const marks = new Map<string, Mark>();
  const parts = new Map<string, Map<string, unknown>>();
  const nameOf = (tenant: string, id: string) => `${tenant}/${id}`;
  const partsOf = (tenant: string, id: string) => {
    const name = nameOf(tenant, id);
    const own = parts.get(name) ?? new Map<string, unknown>();
    parts.set(name, own);
    return own;
  };
  const listed = <T>(tenant: string, id: string, prefix: string): T[] =>
    [...partsOf(tenant, id)]
      .filter(([name]) => name.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, part]) => structuredClone(part) as T);
  const tenantOfItem = (item: WorkflowItem) => item.pk.split('#')[1] ?? '';

  const rows: WorkflowRows = {
    create: (item, nodes) => {
      const tenant = tenantOfItem(item);
      const known = items.get(nameOf(tenant, item.sk));
      if (known !== undefined) return structuredClone(known);
      const own = partsOf(tenant, item.sk);
      for (const part of nodes) own.set(partNames.nodes(part.first), structuredClone(part));
      items.set(nameOf(tenant, item.sk), structuredClone(item));
      return structuredClone(item);
    },
    get: (tenant, id) => structuredClone(items.get(nameOf(tenant, id))),
    nodes: (tenant, id, from) => listed<NodesPart>(tenant, id, 'nodes#').filter(({ first }) => first >= from),
    append: (tenant, id, part) => {
      const own = partsOf(tenant, id);
      const name = partNames.nodes(part.first);
      if (own.has(name)) return false;
      own.set(name, structuredClone(part));
      return true;
    },
    addNodes: (tenant, id, part) => {
      const own = partsOf(tenant, id);
      const name = `added#${addedSortKey(part)}`;
      if (own.has(name)) return false;
      own.set(name, structuredClone(part));
      return true;
    },
    added: (tenant, id, by) =>
      listed<AddedPart>(tenant, id, `added#${by === undefined ? '' : addedSortKey({ by })}`),
    states: (tenant, id) => listed<StatesPart>(tenant, id, 'states#'),
    saveStates: (tenant, id, part) => {
      const own = partsOf(tenant, id);
      const name = partNames.states(part.index);
      const before = own.get(name) as StatesPart | undefined;
      if ((before?.revision ?? 0) !== part.revision - 1) return false;
      own.set(name, structuredClone(part));
      return true;
    },
    part: (tenant, id, name) => partsOf(tenant, id).get(name) as KeptPart | undefined,
    keepPart: (tenant, id, name, sealed) => {
      const own = partsOf(tenant, id);
      if (own.has(name)) return false;
      own.set(name, sealed);
      return true;
    },
    holdKey: (key, workflow, now, over) => {
      const holder = held.get(key.pk);
      const isSeen = holder?.workflow === over?.workflow && holder?.revision === over?.revision;
      if (holder !== undefined && holder.workflow !== workflow && !isSeen) {
        const expiresAt = expiring.get(key.pk);
        return { ...holder, ...(expiresAt === undefined ? {} : { expiresAt }) };
      }
      held.set(key.pk, { workflow, heldAt: now, revision: (holder?.revision ?? 0) + 1 });
      expiring.delete(key.pk);
      return undefined;
    },
    expireKey: (key, workflow, expiresAt) => {
      if (held.get(key.pk)?.workflow === workflow) expiring.set(key.pk, expiresAt);
    },
    raise: (tenant, id, news, phase) => {
      const item = items.get(nameOf(tenant, id));
      if (item === undefined || item.status !== 'running') return undefined;
      if (phase !== undefined && item.phase !== phase) return undefined;
      const { token, ...rest } = item;
      items.set(nameOf(tenant, id), {
        ...rest,
        changes: item.changes + 1,
        unread: new Set([...(item.unread ?? []), ...news]),
      });
      return token === undefined ? {} : { token };
    },
    returnToken: (tenant, id, token) => {
      const item = items.get(nameOf(tenant, id));
      if (item?.status === 'running' && item.token === undefined)
        items.set(nameOf(tenant, id), { ...item, token });
    },
    rest: (seen, { read, set }) => {
      const tenant = tenantOfItem(seen);
      const item = items.get(nameOf(tenant, seen.sk));
      const same = item?.changes === seen.changes && item.execution === seen.execution;
      const isFirst = same && item.advancesInAll === seen.advancesInAll;
      if (item === undefined || !isFirst || item.status !== 'running') return false;
      const { unread, ...others } = item;
      const left = [...(unread ?? [])].filter((each) => !read.includes(each));
      items.set(nameOf(tenant, seen.sk), {
        ...others,
        ...structuredClone(set),
        ...(left.length === 0 ? {} : { unread: new Set(left) }),
      });
      return true;
    },
    forget: (tenant, id, news) => {
      const item = items.get(nameOf(tenant, id));
      if (item === undefined) return;
      const { unread, ...others } = item;
      const left = [...(unread ?? [])].filter((each) => !news.includes(each));
      const rest = left.length === 0 ? {} : { unread: new Set(left) };
      items.set(nameOf(tenant, id), { ...others, ...rest });
    },
    mark: (mark) => {
      const name = nameOf(mark.tenant, mark.workflow);
      if ((marks.get(name)?.lookAt ?? 0) <= mark.lookAt) marks.set(name, mark);
    },
    unmark: ({ tenant, workflow, lookAt }) => {
      if (marks.get(nameOf(tenant, workflow))?.lookAt === lookAt) marks.delete(nameOf(tenant, workflow));
    },
    marks: (partition, until) =>
      [...marks.values()].filter(
        ({ workflow, lookAt }) => partitionOf(workflow) === partition && lookAt <= until,
      ),
    revive: (seen, lookAt) => {
      const name = nameOf(tenantOfItem(seen), seen.sk);
      const { token: _, ...item } = items.get(name) ?? seen;
      const same = item.changes === seen.changes && item.execution === seen.execution;
      if (!items.has(name) || item.status !== 'running' || !same) return false;
      items.set(name, { ...item, execution: item.execution + 1, advances: 0, lookAt });
      return true;
    },
    expireParts: (tenant, id, expiresAt) => {
      for (const part of partsOf(tenant, id).values())
        if (expiresAt === undefined) delete (part as { expiresAt?: number }).expiresAt;
        else (part as { expiresAt?: number }).expiresAt = expiresAt;
    },
    reopen: (seen, { set, remove }) => {
      const item = items.get(nameOf(tenantOfItem(seen), seen.sk));
      const { changes, status, execution } = seen;
      if (item?.changes !== changes || item.status !== status || item.execution !== execution) return false;
      const reopened = { ...item, ...structuredClone(set), changes: changes + 1 };
      for (const name of remove) delete reopened[name];
      items.set(nameOf(tenantOfItem(seen), seen.sk), reopened);
      return true;
    },
    newest: ({ pk, before, after, limit }) =>
      [...items.values()]
        .filter((each) => each.pk === pk && each.sk <= before && each.sk >= after)
        .sort((a, b) => (a.sk < b.sk ? 1 : -1))
        .slice(0, limit)
        .map((each) => structuredClone(each)),
  };
  return { rows, items, parts, marks, expiring };
}

const methods: Partial<Record<keyof Workflows, string>> = {
  create: 'createWorkflow',
  get: 'getWorkflow',
  newest: 'newestWorkflows',
};

/** The same as a port, held to the same suite as the real one. */
export function memoryWorkflows(faults: Faults = noFaults()) {
  const { rows, items, expiring } = workflowRows();
  const workflows = Object.fromEntries(
    Object.entries(rows).map(([name, run]) => [
      name,
      (...args: never[]) =>
        faults.around(methods[name as keyof Workflows] ?? name, 1, () =>
          (run as (...given: never[]) => unknown)(...args),
        ),
    ]),
  ) as unknown as Workflows;
  return {
    ...workflows,
    peek: (tenant: string, id: string) => structuredClone(items.get(`${tenant}/${id}`)),
    key: workflowKey,
    expiring,
  };
}

/** Step Functions in memory: executions wait with a token; `next` is what they were handed back. */
export function memoryExecutions(faults: Faults = noFaults()) {
  const started = new Map<string, unknown>();
  const answers = new Map<string, unknown>();
  const executions: Executions = {
    start: (name, input) =>
      faults.around('startExecution', 1, () => {
        if (!started.has(name)) started.set(name, input);
      }),
    handBack: (token, answer) =>
      faults.around('handBack', 1, () => {
        if (!answers.has(token)) answers.set(token, answer);
      }),
  };
  return { ...executions, started, answers };
}
