import type { PerNode, WorkflowFigures } from './measure.ts';

type Row = [label: string, of: (each: PerNode) => number, digits: number];

const rows: Row[] = [
  ['ms a hop, median', ({ hopMs }) => hopMs.median, 0],
  ['ms a hop, 95 of 100', ({ hopMs }) => hopMs.p95, 0],
  ['state transitions a node', (each) => each.transitionsPerNode, 3],
  ['advances a node', (each) => each.advancesPerNode, 3],
  ["write units a node above its job's", (each) => each.unitsAboveJob, 2],
  ['USD a thousand nodes, jobs included', (each) => each.usdPerThousand, 4],
];

/** The lines of both shapes. */
export function workflowLines({ nodes, taskq, map }: WorkflowFigures): string[] {
  return (['chain', 'fan'] as const).flatMap((shape) => [
    `\nA ${shape === 'chain' ? 'chain' : 'fan-out and fan-in'} of ${nodes[shape]} nodes, beside a plain Map with a task token for each`,
    `  ${''.padEnd(36)}${['taskq', 'map', 'of the map'].map((head) => head.padStart(14)).join('')}`,
    ...rows.map(([label, of, digits]) => {
      const [own, other] = [of(taskq[shape]), of(map[shape])];
      const cells = [
        own.toFixed(digits),
        other.toFixed(digits),
        other === 0 ? '' : `×${(own / other).toFixed(2)}`,
      ];
      return `  ${label.padEnd(36)}${cells.map((cell) => cell.padStart(14)).join('')}`;
    }),
  ]);
}
