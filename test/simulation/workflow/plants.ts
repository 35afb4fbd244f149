import type { ChangeResult } from '../../../core/change.ts';
import { never } from '../../../core/table.ts';
import type { Alter } from '../plant-ports.ts';
import type { Plant } from '../plants.ts';
import type { Ports } from '../ports.ts';
import type { Process } from '../process.ts';
import { tenant } from './flow.ts';
import type { FlowPorts } from './ports.ts';

/** Alters what a process reaches workflows through. */
function flows(alter: (ports: FlowPorts, process: Process) => Partial<FlowPorts['workflows']>): Alter {
  return (ports, process) =>
    ports.flows === undefined
      ? ports
      : {
          ...ports,
          flows: {
            ...ports.flows,
            workflows: { ...ports.flows.workflows, ...alter(ports.flows, process) },
          },
        };
}

/** A call that sends a signal, or acts otherwise on a workflow. */
const sends = ({ name }: Process): boolean => name.startsWith('workflow') && name.includes(',');

const endsJobs = ({ name }: Process): boolean => name.startsWith('work') || name.startsWith('bury');

/** Bugs of workflows. */
export const flowPlants: Record<string, Plant> = {
  'a node settles between the read and the token': {
    about: 'workflows',
    breaks: ['a wake-up is not lost'],
    ports: flows(({ workflows }) => ({
      rest: async (seen, change) => workflows.rest((await workflows.get(tenant, seen.sk)) ?? seen, change),
    })),
  },
  'a settle is known by its fence alone': {
    about: 'workflows that lose leases',
    breaks: ['only an end is told'],
    ports: (ports) => ({
      ...ports,
      store: {
        ...ports.store,
        change: async (changes) => {
          const results = await ports.store.change(changes);
          return results.map((result, index): ChangeResult => {
            const { set, where } = changes[index] ?? { set: {}, where: [] };
            const [, , fence] = where.find(([name, operator]) => name === 'fence' && operator === '=') ?? [];
            const isSettle = set.status !== undefined && set.status !== 'running';
            if (
              !isSettle ||
              !('found' in result) ||
              result.found === undefined ||
              result.found.fence !== fence
            )
              return result;
            const mine = result.found.status !== 'running';
            return mine ? { applied: true, record: { ...result.found, ...set } } : result;
          });
        },
      },
    }),
  },
  'a message is given up before the workflow is told': {
    about: 'workflows',
    breaks: ['an end is told'],
    ports: flows(({ workflows }, process) =>
      endsJobs(process)
        ? {
            raise: async (...args) => {
              void workflows.raise(...args).catch(() => {});
              return {};
            },
          }
        : {},
    ),
  },
  'states are written whatever stands': {
    about: 'workflows',
    breaks: ['a node goes forward'],
    ports: flows(({ workflows }) => ({
      saveStates: async (of, id, part) => {
        const stands = (await workflows.states(of, id)).find(({ index }) => index === part.index);
        return workflows.saveStates(of, id, { ...part, revision: (stands?.revision ?? 0) + 1 });
      },
    })),
  },
  'a node that may have begun is cancelled unseen': {
    about: 'workflows',
    breaks: ['a node agrees with its job', 'an end is final until a retry'],
    ports: (ports: Ports, process) => ({
      ...ports,
      store: {
        ...ports.store,
        insert: async (records) =>
          process.name.startsWith('advance') && records.every(({ status }) => status === 'void')
            ? records.map(() => ({ inserted: true }))
            : ports.store.insert(records),
      },
    }),
  },
  'a retry takes the jobs of the round before': {
    about: 'workflows',
    breaks: ['a node goes forward', 'a node agrees with its job'],
    ports: flows(({ workflows }) => ({
      saveStates: (of, id, { rounds: _, ...part }) => workflows.saveStates(of, id, part),
    })),
  },
  'nodes that a job adds are kept, and nobody is told': {
    about: 'added nodes',
    breaks: ['what is added runs, once'],
    ports: flows(({ workflows }) => ({
      raise: async (of, id, news, phase) =>
        news.some((each) => each.startsWith('added')) ? {} : workflows.raise(of, id, news, phase),
    })),
  },
  'who sends a signal does not look whether one has come': {
    about: 'late signals',
    breaks: ['a signal counts once'],
    ports: flows(({ workflows }, process) => (sends(process) ? { part: async () => undefined } : workflows)),
  },
  'a signal that was kept is taken for heard': {
    about: 'late signals',
    breaks: ['a signal counts once'],
    ports: flows(({ workflows }, process) => {
      let isKept = false;
      return {
        keepPart(...of) {
          isKept = sends(process);
          return workflows.keepPart(...of);
        },
        get: async (...of) => (isKept ? undefined : workflows.get(...of)),
      };
    }),
  },
  'a signal opens its node whenever it was sent': {
    about: 'late signals',
    breaks: ['a late signal is refused'],
    ports: flows(({ workflows }, { name }) => ({
      async part(...of) {
        const part = await workflows.part(...of);
        return part && name.startsWith('advance') ? { ...part, storedAt: 0 } : part;
      },
    })),
  },
  'a deadline is not looked at when a signal is sent': {
    about: 'late signals',
    breaks: ['a late signal is refused', 'a signal counts once'],
    ports: flows(({ workflows }, process) => ({
      async get(...of) {
        const item = await workflows.get(...of);
        if (item?.deadlines === undefined || !sends(process)) return item;
        const late = Object.keys(item.deadlines).map((node) => [node, never - 1]);
        return { ...item, deadlines: Object.fromEntries(late) };
      },
    })),
  },
  'an advance begins without its unique key': {
    about: 'unique keys',
    breaks: ['a unique key has one workflow'],
    ports: flows((_, { name }) => (name.startsWith('advance') ? { holdKey: async () => undefined } : {})),
  },
  'a unique key stays with a workflow that has ended': {
    about: 'unique keys',
    breaks: ['a key is free again'],
    ports: flows(({ workflows }) => ({ holdKey: (key, id, now) => workflows.holdKey(key, id, now) })),
  },
};
