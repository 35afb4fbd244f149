/**
 * A graph of a thousand nodes of every kind, made from a seed, and what must become of each of them: a second account
 * of what docs/workflows.md promises, which shares no line with the code that it is held against.
 */

export type Fate = 'completed' | 'failed' | 'cancelled' | 'skipped' | 'compensated';
type Policy = 'cancel' | 'continue';

export interface LargeNode {
  key: string;
  /** As it is posted; absent for what comes with another node: parts of a sub-workflow, elements of a map. */
  posted?: Record<string, unknown>;
  waitsFor: { key: string; onFailure: Policy; takes: boolean }[];
  /** It runs only if that node, which it waits for, has ended so. */
  asks?: { key: string; state: Fate };
  /** How it ends if it runs. */
  runs: 'completed' | 'failed';
  /** Running, it has a job. */
  job: boolean;
  undoable: boolean;
  /** Of a map: its elements, there once it runs. */
  elements?: LargeNode[];
}

export interface LargeGraph {
  posted: Record<string, unknown>[];
  /** Every node that there is at the end, elements too. */
  nodes: Map<string, LargeNode>;
  fates: Map<string, Fate>;
}

/** So many nodes, elements of maps included. */
export const size = 1_000;
const layers = 16;
const perLayer = 52;
/** How many of a layer's nodes are what; the rest are plain. */
const kinds = { takes: 8, when: 7, join: 5, refused: 2, unfit: 2, order: 3 };
const maps = [
  { depth: 1, list: 25, most: 5 },
  { depth: 3, list: 0, most: 5 },
  { depth: 4, list: 12, most: 12, unfit: 7 },
  { depth: 6, list: 30, most: 40 },
  { depth: 7, list: undefined, most: 5 },
  { depth: 9, list: 20, most: 2 },
];
const subWorkflowAt = 5;
const signalsAt = 8;

/**
 * @param url of a path on a service that answers POST with `{"id": "made"}`, and below `/refused` with 404
 */
export function largeGraph(seed: number, url: (path: string) => string): LargeGraph {
  const random = randomFrom(seed);
  const nodes: LargeNode[] = [];
  const layerOf: LargeNode[][] = [];

  const add = (
    layer: LargeNode[],
    key: string,
    more: Partial<LargeNode> & { fields?: object },
  ): LargeNode => {
    const { fields, ...rest } = more;
    const node: LargeNode = { key, waitsFor: [], runs: 'completed', job: true, undoable: false, ...rest };
    // Both ways to say what a parent's failure does.
    const depends_on = node.waitsFor.map(({ key, onFailure }, at) =>
      onFailure === 'cancel' && at % 2 === 0 ? key : { key, on_failure: onFailure },
    );
    if (fields !== undefined) node.posted = { key, depends_on, ...fields };
    nodes.push(node);
    layer.push(node);
    return node;
  };
  /** Some of the layers before, mostly of the last; most bear with a failure. */
  const some = (depth: number, most: number): LargeNode['waitsFor'] => {
    const keys = new Set<string>();
    for (let left = depth === 0 ? 0 : 1 + random(most); left > 0; left--) {
      const layer = layerOf[random(4) === 0 ? random(depth) : depth - 1] as LargeNode[];
      keys.add((layer[random(layer.length)] as LargeNode).key);
    }
    return [...keys].map((key) => ({
      key,
      onFailure: random(5) === 0 ? 'cancel' : 'continue',
      takes: false,
    }));
  };
  const taking = ([first, ...others]: LargeNode['waitsFor']) =>
    first === undefined ? [] : [{ ...first, takes: true }, ...others];
  const echo = (key: string, more: object = {}) => ({ type: 'echo', payload: { message: key, ...more } });

  const make: Record<keyof typeof kinds, (layer: LargeNode[], key: string, depth: number) => void> = {
    takes(layer, key, depth) {
      const waitsFor = taking(some(depth, 2));
      const from = { '/taken': { node: waitsFor[0]?.key, pointer: '/message' } };
      add(layer, key, { waitsFor, fields: { ...echo(key), from } });
    },
    when(layer, key, depth) {
      const waitsFor = some(depth, 2);
      const states = ['completed', 'failed', 'skipped'] as const;
      const asks = { key: waitsFor[0]?.key ?? '', state: states[random(3)] ?? 'failed' };
      add(layer, key, {
        waitsFor,
        asks,
        fields: { ...echo(key), when: `states.${asks.key} == "${asks.state}"` },
      });
    },
    join: (layer, key, depth) => void add(layer, key, { waitsFor: some(depth, 25), fields: echo(key) }),
    refused(layer, key, depth) {
      const payload = { url: url(`/refused/${key}`), body: key };
      add(layer, key, {
        waitsFor: some(depth, 3),
        runs: 'failed',
        fields: { type: 'webhook.deliver', payload },
      });
    },
    /** Its type takes objects, and this is a string or nothing: found out when it starts, no job comes of it. */
    unfit(layer, key, depth) {
      const waitsFor = taking(some(depth, 2));
      const from = { '': { node: waitsFor[0]?.key, pointer: '/message' } };
      add(layer, key, { waitsFor, runs: 'failed', job: false, fields: { type: 'echo', from } });
    },
    order(layer, key, depth) {
      const payload = { service: url(`/${key}`), order: key, items: [{ sku: 'a', quantity: 1 }] };
      add(layer, key, {
        waitsFor: some(depth, 2),
        undoable: true,
        fields: { type: 'order.reserve', payload },
      });
    },
  };

  for (let depth = 0; depth < layers; depth++) {
    const layer: LargeNode[] = [];
    layerOf.push(layer);
    const kindOf = Object.entries(kinds).flatMap(([kind, count]) =>
      Array(depth === 0 ? 0 : count).fill(kind),
    );
    for (let place = 0; place < perLayer; place++) {
      const key = `n${depth}_${place}`;
      const kind = kindOf[place] as keyof typeof kinds | undefined;
      if (kind !== undefined) make[kind](layer, key, depth);
      else add(layer, key, { waitsFor: some(depth, 3), fields: echo(key) });
    }
    for (const each of maps.filter((map) => map.depth === depth)) addMap(layer, depth, each);
    if (depth === subWorkflowAt) addSubWorkflow(layer, some(depth, 3));
    if (depth === 0) {
      const fields = { signal: 'approval', timeout_seconds: 1, on_failure: 'continue' };
      add(layer, 'late', { runs: 'failed', job: false, fields });
    }
    if (depth === signalsAt)
      for (const key of ['asked', 'asked_too'])
        add(layer, key, {
          waitsFor: [{ key: 'late', onFailure: 'continue', takes: false }, ...some(depth, 1)],
          job: false,
          fields: { signal: 'approval' },
        });
  }

  function addMap(layer: LargeNode[], depth: number, { list, most, unfit }: (typeof maps)[number]): void {
    const [key, source] = [`m${depth}`, `m${depth}_list`];
    const elements = Array.from({ length: list ?? 0 }, (_, at): LargeNode => {
      const runs = at === unfit ? 'failed' : 'completed';
      return { key: `${key}[${at}]`, waitsFor: [], runs, job: at !== unfit, undoable: false };
    });
    const values = elements.map(({ runs }, at) => (runs === 'failed' ? 'no object' : { message: at }));
    add(layer, source, { fields: echo(source, { list: list === undefined ? 'no list' : values }) });
    const over = { node: source, pointer: '/list' };
    add(layer, key, {
      waitsFor: [{ key: source, onFailure: 'cancel', takes: true }, ...some(depth, 2)],
      runs: list === undefined || unfit !== undefined ? 'failed' : 'completed',
      job: false,
      elements,
      fields: { type: 'echo', map: { over, max_concurrency: most }, from: { '': { element: '' } } },
    });
  }

  function addSubWorkflow(layer: LargeNode[], waitsFor: LargeNode['waitsFor']): void {
    const after = (key: string) => ({ key, onFailure: 'cancel', takes: key === 'sub:start' }) as const;
    const inner = [
      { key: 'a', ...echo('a') },
      { key: 'b', ...echo('b'), depends_on: ['a'] },
    ];
    add([], 'sub:start', { waitsFor, job: false });
    add([], 'sub/a', { waitsFor: [after('sub:start')] });
    add([], 'sub/b', { waitsFor: [after('sub:start'), after('sub/a')] });
    const end = add(layer, 'sub', { waitsFor: ['sub:start', 'sub/a', 'sub/b'].map(after), job: false });
    const depends_on = waitsFor.map(({ key, onFailure }) => ({ key, on_failure: onFailure }));
    end.posted = { key: 'sub', depends_on, workflow: { nodes: inner } };
  }

  const fates = new Map<string, Fate>();
  for (const node of nodes) decide(node, fates);
  const [last] = layerOf.slice(-1) as [LargeNode[]];
  for (let place = 0; fates.size < size - 1; place++) {
    const key = `more_${place}`;
    decide(add(last, key, { waitsFor: some(1, 1), fields: echo(key) }), fates);
  }
  turnRound(nodes, fates, add, url);
  return {
    posted: nodes.flatMap(({ posted }) => (posted === undefined ? [] : [posted])),
    nodes: new Map(
      nodes.flatMap((node) => [node, ...ranElements(node, fates)]).map((each) => [each.key, each]),
    ),
    fates,
  };
}

/** Waits for all, fails, and asks for it that all be undone. */
function turnRound(
  nodes: LargeNode[],
  fates: Map<string, Fate>,
  add: (layer: LargeNode[], key: string, more: Partial<LargeNode> & { fields: object }) => LargeNode,
  url: (path: string) => string,
): void {
  const waitedFor = new Set(nodes.flatMap(({ waitsFor }) => waitsFor.map(({ key }) => key)));
  const ends = nodes.filter(({ key }) => !waitedFor.has(key));
  const payload = { url: url('/refused/last'), body: 'last' };
  const last = add([], 'last', {
    waitsFor: ends.map(({ key }) => ({ key, onFailure: 'continue', takes: false })),
    runs: 'failed',
    fields: { type: 'webhook.deliver', payload, on_failure: 'compensate' },
  });
  decide(last, fates);
  for (const { key, undoable } of nodes)
    if (undoable && fates.get(key) === 'completed') fates.set(key, 'compensated');
}

/** What becomes of a node, once that of all it waits for is known. */
function decide(node: LargeNode, fates: Map<string, Fate>): void {
  const { key, waitsFor, asks, runs, elements = [] } = node;
  const isLost = (state: Fate | undefined) => state === 'failed' || state === 'cancelled';
  if (waitsFor.some((each) => isLost(fates.get(each.key)) && each.onFailure === 'cancel'))
    return void fates.set(key, 'cancelled');
  if (waitsFor.some((each) => fates.get(each.key) === 'skipped' && each.takes))
    return void fates.set(key, 'skipped');
  if (asks !== undefined && fates.get(asks.key) !== asks.state) return void fates.set(key, 'skipped');
  fates.set(key, runs);
  for (const element of elements) fates.set(element.key, element.runs);
}

function ranElements({ elements = [] }: LargeNode, fates: Map<string, Fate>): LargeNode[] {
  return elements.filter(({ key }) => fates.has(key));
}

/** Mulberry32. @returns whole numbers below what is asked for */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
