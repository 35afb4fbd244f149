import type { LocalAws } from '../../../local/state.ts';
import type { AwsClients } from '../aws.ts';
import { price, priceOfTransitions } from '../price.ts';
import { runMap } from './map.ts';
import { hops, quantile, type Shape } from './shapes.ts';
import { type Ran, runTaskq } from './taskq.ts';

/** What a node of one shape takes. */
export interface PerNode {
  /** From the end of the last it waited for to its handler's start; over all rounds. */
  hopMs: { median: number; p95: number };
  transitionsPerNode: number;
  advancesPerNode: number;
  /** Beyond the three of its job; 0 for the Map, which keeps no record. */
  unitsAboveJob: number;
  /** With its job, its messages and the modelled time of Lambda; without storage and logs. */
  usdPerThousand: number;
}

export interface WorkflowFigures {
  nodes: Record<Shape, number>;
  taskq: Record<Shape, PerNode>;
  map: Record<Shape, PerNode>;
}

const unitsOfJob = 3;
/** AWS calls of one invocation that wait for each other, for the modelled time of Lambda. */
const inSequence = {
  // Item and states; a result; send, insert, states, rest. Claim, settle, news, token.
  taskq: { enqueue: 7, work: 4 },
  map: { enqueue: 0, work: 1 },
};
const small = { chain: 2, fan: 12 };

/**
 * Runs a chain and a fan-out through TaskQ and through a plain Map, turn by turn on the same emulator.
 * @param mode how many nodes each has, and how many rounds
 */
export async function measureWorkflows(
  local: LocalAws,
  aws: AwsClients,
  mode: { chain: number; fan: number; workflowRounds: number },
): Promise<WorkflowFigures> {
  const run = {
    taskq: (shape: Shape, count: number) => runTaskq(local, aws, shape, count),
    map: (shape: Shape, count: number) => runMap(aws, shape, count),
  };
  const ran = {
    taskq: { chain: [] as Ran[], fan: [] as Ran[] },
    map: { chain: [] as Ran[], fan: [] as Ran[] },
  };
  for (const shape of ['chain', 'fan'] as const) {
    for (const name of ['taskq', 'map'] as const) await run[name](shape, small[shape]);
    for (let round = 0; round < mode.workflowRounds; round++)
      for (const name of ['taskq', 'map'] as const)
        ran[name][shape].push(await run[name](shape, mode[shape]));
  }
  const side = (name: 'taskq' | 'map') => ({
    chain: perNode(name, 'chain', ran[name].chain),
    fan: perNode(name, 'fan', ran[name].fan),
  });
  return { nodes: { chain: mode.chain, fan: mode.fan }, taskq: side('taskq'), map: side('map') };
}

function perNode(name: 'taskq' | 'map', shape: Shape, ran: readonly Ran[]): PerNode {
  const nodes = ran.reduce((sum, { times }) => sum + times.length, 0);
  const mean = (of: (each: Ran) => number) => ran.reduce((sum, each) => sum + of(each), 0) / nodes;
  const times = ran.flatMap((each) => hops(shape, each.times));
  const transitionsPerNode = mean((each) => each.transitions);
  const writeUnits = mean((each) => each.writeUnits);
  const { total } = price({
    apiRequests: 0,
    invocations: {
      enqueue: mean((each) => each.invocations.advance),
      work: mean((each) => each.invocations.work),
    },
    inSequence: inSequence[name],
    sqsRequests: mean((each) => each.sqsRequests),
    fairQueues: name === 'taskq',
    kmsRequests: 0,
    writeUnits,
    readUnits: mean((each) => each.readUnits),
  });
  return {
    hopMs: { median: quantile(times, 0.5), p95: quantile(times, 0.95) },
    transitionsPerNode,
    advancesPerNode: mean((each) => each.advances),
    unitsAboveJob: name === 'taskq' ? writeUnits - unitsOfJob : 0,
    usdPerThousand: (total + priceOfTransitions(transitionsPerNode)) / 1_000,
  };
}
