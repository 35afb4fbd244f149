/** A shop as a customer might run it: it has stock, a till and a carrier that does not go everywhere. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Its carrier refuses this country. */
export const unreached = 'AQ';

export interface Shop {
  url: string;
  /** What was done, in order, each once however often it was asked for; `refused`: it was not. */
  ledger: readonly string[];
  /** Pieces of each kind that are neither sold nor reserved. */
  stock: ReadonlyMap<string, number>;
  /** What was taken and not given back, in cents. */
  till(): number;
  close(): void;
}

interface Asked {
  items?: { sku: string; quantity: number }[];
  amount_cents?: number;
  country?: string;
}

/** Starts a shop on a free port of 127.0.0.1. */
export async function startShop(pieces: Readonly<Record<string, number>>): Promise<Shop> {
  const stock = new Map(Object.entries(pieces));
  const ledger: string[] = [];
  const answers = new Map<string, { status: number; id: string }>();
  const reserved = new Map<string, NonNullable<Asked['items']>>();
  let till = 0;

  const move = (items: Asked['items'], sign: 1 | -1) => {
    for (const { sku, quantity } of items ?? []) stock.set(sku, (stock.get(sku) ?? 0) + sign * quantity);
  };
  function perform(path: string, body: Asked, id: string): boolean {
    const [, what, of, how] = path.split('/');
    const act = how ?? what;
    if (act === 'reservations') {
      reserved.set(id, body.items ?? []);
      move(body.items, -1);
    } else if (act === 'release') move(reserved.get(of ?? ''), 1);
    else if (act === 'payments') till += body.amount_cents ?? 0;
    else if (act === 'refunds') till -= body.amount_cents ?? 0;
    else if (act === 'shipments') return body.country !== unreached;
    return act !== undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const key = `${path} ${request.headers['idempotency-key']}`;
    const body = (await json(request)) as Asked;
    let known = answers.get(key);
    if (known === undefined) {
      const id = `made-${answers.size + 1}`;
      known = { status: perform(path, body, id) ? 200 : 409, id };
      answers.set(key, known);
      const act = path.split('/').at(-1) ?? '';
      ledger.push(known.status === 200 ? act : `${act} refused`);
    }
    response.writeHead(known.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known.status === 200 ? { id: known.id } : {}));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger,
    stock,
    till: () => till,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
