/** Stands between the functions and AWS, and between clients and the API: carries calls over, or breaks them. */
import { Agent, createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { between, type Random } from '../simulation/random.ts';
import { type Call, callOf } from './call.ts';
import {
  type Answer,
  batches,
  befalls,
  type FaultKind,
  kmsRefusal,
  serverError,
  throttled,
} from './fault.ts';
import { tamper } from './rows.ts';
import type { Trail } from './trail.ts';
import { slowObjectMs, trickle } from './trickle.ts';
import type { Witness } from './witness.ts';

/** A fault, and the share of the calls it can befall that it does befall. */
export interface ActiveFault {
  kind: FaultKind;
  share: number;
}

/** Lies in wait for a call: true if its process was killed over it, and the call with it. */
export type Ambush = (call: Call, body: Buffer) => boolean;

export type FaultProxy = Awaited<ReturnType<typeof openProxy>>;

/** Functions wait 5 s for an answer (`functions/aws/timeouts.ts`): by then they have asked again. */
const lateMs = [5_500, 8_000] as const;
const slowMs = [100, 2_500] as const;

export async function openProxy(target: URL, witness: Witness, trail: Trail, random: Random) {
  const agent = new Agent({ keepAlive: true });
  const injected = new Map<FaultKind, number>();
  let active: ActiveFault | undefined;
  let first = true;
  let paused = false;
  let carried = 0;
  let inFlight = 0;
  let ambush: Ambush | undefined;
  const callsOf = new Map<number, number>();

  const callsUnderWay = (pid: number): number => callsOf.get(pid) ?? 0;

  function draw(call: Call): FaultKind | undefined {
    if (active === undefined || !befalls(active.kind, call)) return undefined;
    // The first call is always hit: a fault that hits none is none.
    if (!first && random() >= active.share) return undefined;
    first = false;
    injected.set(active.kind, (injected.get(active.kind) ?? 0) + 1);
    return active.kind;
  }

  /** Sends a request on; whatever is written is seen by the witness before anyone else hears of it. */
  async function forward(call: Call, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    inFlight++;
    carried++;
    try {
      const answer = await exchange(target, agent, incoming, body);
      if (batches.includes(call.action) && answer.status === 200) {
        const [asked, answered] = [JSON.parse(body.toString()), JSON.parse(answer.body.toString())];
        if (call.action === 'BatchExecuteStatement') witness.sawBatch(asked, answered, call.pid);
        trail.sawBatch(call, asked, answered);
      }
      return answer;
    } catch (error) {
      if (call.action === 'BatchExecuteStatement') witness.sawNoAnswer();
      throw error;
    } finally {
      inFlight--;
    }
  }

  /** The answer to give; undefined to break the connection. */
  async function answerTo(call: Call, incoming: IncomingMessage, body: Buffer): Promise<Answer | undefined> {
    const through = () => forward(call, incoming, body);
    switch (draw(call)) {
      case undefined:
        return through();
      case 'slow':
        await pause(between(random, ...slowMs));
        return through();
      case 'late':
        await pause(between(random, ...lateMs));
        return through();
      case 'reset':
        return undefined;
      case 'lost':
        await through();
        return undefined;
      case 'error':
        return serverError(call.service, random);
      case 'throttle':
        return throttled(call.service, random);
      case 'kms':
        return kmsRefusal(random);
      case 'client':
        if (random() < 0.5) await through();
        return undefined;
      case 'rows': {
        const tampering = tamper(body.toString(), random);
        if (tampering.nothingLeft)
          return {
            status: 200,
            headers: { 'content-type': 'application/x-amz-json-1.0' },
            body: tampering.answer('{}'),
          };
        const answer = await forward(call, incoming, Buffer.from(tampering.request));
        return answer.status === 200 ? { ...answer, body: tampering.answer(answer.body.toString()) } : answer;
      }
    }
  }

  async function carry(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (paused) return void incoming.destroy();
    const body = await bodyOf(incoming);
    const call = callOf(incoming.method ?? '', incoming.url ?? '', incoming.headers);
    if (ambush?.(call, body)) return void response.destroy();
    const objectMs = slowObjectMs(call.action, incoming.url ?? '');
    if (objectMs !== undefined) return await trickle(response, objectMs, draw(call) !== undefined);
    callsOf.set(call.pid, callsUnderWay(call.pid) + 1);
    const answer = await answerTo(call, incoming, body).finally(() =>
      callsOf.set(call.pid, callsUnderWay(call.pid) - 1),
    );
    if (answer === undefined) return void response.destroy();
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  }

  const server = createServer((incoming, response) => {
    response.on('error', () => {});
    carry(incoming, response).catch((error: unknown) => {
      if (!isNetwork(error)) failures.push(error);
      response.destroy();
    });
  });
  const failures: unknown[] = [];
  // A kept connection that the proxy closed would be a reset that nobody ordered.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    injected,
    /** What went wrong in the proxy or the witness themselves: nothing of the run counts then. */
    failures,
    /** Calls of a process that it waits for. */
    callsUnderWay,
    get carried() {
      return carried;
    },
    /** One fault is on at a time. */
    begin: (fault: ActiveFault) => {
      active = fault;
      first = true;
    },
    /** Has the fault that is on hit a call yet. */
    get hasHit() {
      return !first;
    },
    end: () => {
      active = undefined;
    },
    /** Until it is lifted, by `undefined`. */
    lieInWait: (next: Ambush | undefined) => {
      ambush = next;
    },
    /** Breaks every new call and waits for those under way. */
    async hold(): Promise<void> {
      paused = true;
      while (inFlight > 0) await pause(10);
    },
    letGo: () => {
      paused = false;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const own = ['connection', 'keep-alive', 'transfer-encoding', 'expect', 'content-length', 'x-amz-crc32'];

/** The Host header stays: the emulator tells by it which of its services is meant. */
async function exchange(
  { hostname, port }: URL,
  agent: Agent,
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
) {
  const sent = { ...withoutOwn(headers), 'content-length': String(body.length) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    open({ hostname, port, method, path: url, headers: sent, agent }, resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode ?? 0, headers: withoutOwn(answer.headers), body: await bodyOf(answer) };
}

function withoutOwn(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.includes(name) ? [] : [[name, String(value)]],
    ),
  );
}

function isNetwork(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string' && !(error instanceof SyntaxError);
}
