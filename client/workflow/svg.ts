import type { WorkflowWithNodes } from '../../core/workflow/api.ts';
import type { NodeState } from '../../core/workflow/states.ts';
import { type Box, boxesOf } from './boxes.ts';
import { layoutOf, sizes } from './layout.ts';
import { linesOf, symbols, wordsOf } from './lines.ts';

/** Line and fill of each state; the symbol says it too, for those who see no colours. */
const colours: Record<NodeState, [line: string, fill: string]> = {
  waiting: ['#8b949e', '#f6f8fa'],
  running: ['#0969da', '#ddf4ff'],
  completed: ['#1a7f37', '#dafbe1'],
  failed: ['#cf222e', '#ffebe9'],
  cancelled: ['#9a6700', '#fff8c5'],
  skipped: ['#8b949e', '#ffffff'],
  compensating: ['#8250df', '#fbefff'],
  compensated: ['#8250df', '#ffffff'],
  compensation_failed: ['#cf222e', '#fbefff'],
};

const margin = 24;
const headHeight = 44;
const fontFamily = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace";

/**
 * A workflow as a picture (SVG): a box for each node, by layers from left to right, what it depends on on its left.
 * @param nowMs for the time of what still runs
 */
export function svgOf(workflow: WorkflowWithNodes, nowMs: number): string {
  const boxes = boxesOf(workflow);
  const texts = boxes.map((box) => textsOf(box, nowMs));
  const layout = layoutOf(
    boxes,
    texts.map((lines) => lines.reduce((most, line) => Math.max(most, [...line].length), 0)),
  );
  const head = `${workflow.id}  ${workflow.status.replace('_', ' ')}`;
  const counts = wordsOf(boxes.map(({ status }) => status));
  const width = Math.max(layout.width, [...head].length * sizes.letterWidth) + 2 * margin;
  const height = layout.height + headHeight + 2 * margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" font-family="${fontFamily}" font-size="12">`,
    `<title>${escaped(`Workflow ${head}: ${counts}`)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${margin}" y="${margin + 12}" font-weight="bold">${escaped(head)}</text>`,
    `<text x="${margin}" y="${margin + 30}" fill="#57606a">${escaped(counts)}</text>`,
    `<g transform="translate(${margin} ${margin + headHeight})">`,
    ...layout.edges.map(({ from, to, points }) => edge(points, boxes[from], boxes[to])),
    ...boxes.map((box, index) =>
      drawn(box, layout.boxes[index] ?? { x: 0, y: 0, width: 0 }, texts[index] ?? []),
    ),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Its key, and below what it is and how it stands. */
function textsOf(box: Box, nowMs: number): [string, string] {
  const [line] = linesOf([box], nowMs).lines;
  const [, , , what, state] = line?.cells ?? [];
  return [`${symbols[box.status]} ${box.key}`, `${what} · ${state}`];
}

function drawn(
  box: Box,
  { x, y, width }: { x: number; y: number; width: number },
  texts: readonly string[],
): string {
  const [line, fill] = colours[box.status];
  const top = y - sizes.boxHeight / 2;
  const dash = box.status === 'skipped' || box.kind === 'signal' ? ' stroke-dasharray="5 3"' : '';
  const rect = (shift: number) =>
    `<rect x="${round(x + shift)}" y="${round(top - shift)}" width="${width}" height="${sizes.boxHeight}" rx="7" fill="${fill}" stroke="${line}" stroke-width="1.4"${dash}/>`;
  const hint = [box.key, ...texts.slice(1), ...(box.why === undefined ? [] : [box.why])].join('\n');
  return [
    `<g><title>${escaped(hint)}</title>`,
    // A map is a stack of boxes.
    ...(box.kind !== 'map' ? [] : [rect(4)]),
    rect(0),
    `<text x="${round(x + sizes.padding)}" y="${round(y - 4)}" font-weight="bold">${escaped(texts[0] ?? '')}</text>`,
    `<text x="${round(x + sizes.padding)}" y="${round(y + 13)}" fill="#57606a">${escaped(texts[1] ?? '')}</text>`,
    '</g>',
  ].join('');
}

/** A line that leaves and enters level; thick where it decided how long it took. */
function edge(points: readonly { x: number; y: number }[], parent?: Box, child?: Box): string {
  const [first, ...rest] = points;
  let [x, y] = [first?.x ?? 0, first?.y ?? 0];
  const path = rest.map((to) => {
    const middle = round((x + to.x) / 2);
    const part =
      y === to.y
        ? `L${round(to.x)} ${round(to.y)}`
        : `C${middle} ${round(y)} ${middle} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
    [x, y] = [to.x, to.y];
    return part;
  });
  const thick = child?.critical !== undefined && child.critical - 1 === parent?.critical ? 2.6 : 1.2;
  const colour = parent?.status === 'completed' ? colours.completed[0] : colours.waiting[0];
  return `<path d="M${round(first?.x ?? 0)} ${round(first?.y ?? 0)}${path.join('')}" fill="none" stroke="${colour}" stroke-width="${thick}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Characters that XML cannot hold, even escaped, are replaced. */
function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (each) => entities[each] ?? each)
  );
}
