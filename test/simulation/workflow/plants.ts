import type { ChangeResult } from '../../../core/change.ts';
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
};
