import type { Box } from './boxes.ts';

/** Where the boxes of a picture stand, layers from left to right. Units are those of the picture. */
export interface Layout {
  width: number;
  height: number;
  /** One for each box: its left edge and its middle. */
  boxes: { x: number; y: number; width: number }[];
  /** From the right edge of one box over bends to the left edge of another. */
  edges: { from: number; to: number; points: { x: number; y: number }[] }[];
}

export const sizes = {
  rowHeight: 62,
  boxHeight: 46,
  layerGap: 56,
  letterWidth: 7.3,
  minWidth: 96,
  padding: 14,
};

/** Turns through the layers, to and fro, in which crossings are undone. */
const sweeps = 6;
/** A graph whose edges leap over more layers than that has them drawn straight. */
const maxBends = 5_000;

/** A box, or the place where an edge passes a layer between its ends. */
interface Slot {
  layer: number;
  left: number[];
  right: number[];
}

/**
 * A small layered layout: an edge that leaps over layers gets a bend in each, neighbours pull each other to the same
 * height. The same boxes always give the same layout.
 * @param letters of each box, the longest line of its text
 */
export function layoutOf(boxes: readonly Box[], letters: readonly number[]): Layout {
  const slots: Slot[] = boxes.map(({ layer }) => ({ layer, left: [], right: [] }));
  const links = boxes.flatMap(({ dependsOn }, to) => dependsOn.map((from) => ({ from, to })));
  const leaps = links.reduce((sum, { from, to }) => sum + between(slots, from, to), 0);
  const paths = links.map(({ from, to }) => {
    const bends = leaps > maxBends ? 0 : between(slots, from, to);
    const path = [from];
    for (let bend = 1; bend <= bends; bend++)
      path.push(slots.push({ layer: (slots[from]?.layer ?? 0) + bend, left: [], right: [] }) - 1);
    return [...path, to];
  });
  for (const path of paths)
    for (const [place, slot] of path.slice(1).entries()) {
      slots[slot]?.left.push(path[place] as number);
      slots[path[place] as number]?.right.push(slot);
    }
  const layers = ordered(slots);
  const heights = heightsOf(slots, layers);
  const widths = layers.map((layer) =>
    layer.reduce((most, slot) => Math.max(most, widthOf(letters[slot])), sizes.minWidth),
  );
  const lefts = [0];
  for (const [layer, width] of widths.entries()) lefts.push((lefts[layer] ?? 0) + width + sizes.layerGap);
  const x = (slot: number) => lefts[slots[slot]?.layer ?? 0] ?? 0;
  const widthAt = (slot: number) => widths[slots[slot]?.layer ?? 0] ?? 0;
  return {
    width: Math.max(0, (lefts.at(-1) ?? 0) - sizes.layerGap),
    height: heights.reduce((most, y) => Math.max(most, y), 0) + sizes.rowHeight / 2,
    boxes: boxes.map((_, index) => ({ x: x(index), y: heights[index] ?? 0, width: widthAt(index) })),
    edges: paths.map((path, link) => ({
      from: links[link]?.from as number,
      to: links[link]?.to as number,
      points: path.flatMap((slot, place) => {
        const y = heights[slot] ?? 0;
        const enters = { x: x(slot), y };
        const leaves = { x: x(slot) + widthAt(slot), y };
        return place === 0 ? [leaves] : place === path.length - 1 ? [enters] : [enters, leaves];
      }),
    })),
  };
}

function between(slots: readonly Slot[], from: number, to: number): number {
  return (slots[to]?.layer ?? 0) - (slots[from]?.layer ?? 0) - 1;
}

function widthOf(letters = 0): number {
  return Math.ceil(letters * sizes.letterWidth) + 2 * sizes.padding;
}

/** Slots by layer, each in the order from top to bottom, neighbours near neighbours (the barycentre heuristic). */
function ordered(slots: readonly Slot[]): number[][] {
  const layers: number[][] = [];
  for (const [slot, { layer }] of slots.entries()) {
    layers[layer] ??= [];
    layers[layer]?.push(slot);
  }
  const place = slots.map(() => 0);
  const note = (layer: readonly number[]) => {
    for (const [index, slot] of layer.entries()) place[slot] = index / layer.length;
  };
  for (const layer of layers) note(layer);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const side = sweep % 2 === 0 ? 'left' : 'right';
    for (const layer of side === 'left' ? layers : layers.toReversed()) {
      const wanted = new Map(
        layer.map((slot) => [slot, meanOf(slots[slot]?.[side] ?? [], place) ?? place[slot] ?? 0]),
      );
      layer.sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0) || one - other);
      note(layer);
    }
  }
  return layers;
}

/** Middles of the slots: as near to those on their left as the rows allow, the whole beginning at the top. */
function heightsOf(slots: readonly Slot[], layers: readonly (readonly number[])[]): number[] {
  const heights = slots.map(() => 0);
  for (const layer of layers) {
    const wanted = layer.map(
      (slot, row) => meanOf(slots[slot]?.left ?? [], heights) ?? row * sizes.rowHeight,
    );
    const set: number[] = [];
    for (const [row, want] of wanted.entries())
      set.push(Math.max(want, (set[row - 1] ?? Number.NEGATIVE_INFINITY) + sizes.rowHeight));
    // What was pushed down is shared by the layer, so that a fan-out stands around its middle.
    const pushed = set.reduce((sum, y, row) => sum + y - (wanted[row] ?? 0), 0) / layer.length;
    for (const [row, slot] of layer.entries()) heights[slot] = (set[row] ?? 0) - pushed;
  }
  const top = heights.reduce((least, y) => Math.min(least, y), Number.POSITIVE_INFINITY);
  return heights.map((y) => y - top + sizes.rowHeight / 2);
}

function meanOf(slots: readonly number[], of: readonly number[]): number | undefined {
  return slots.length === 0
    ? undefined
    : slots.reduce((sum, each) => sum + (of[each] ?? 0), 0) / slots.length;
}
