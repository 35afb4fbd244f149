import { type RenewDeps, type Renewing, renew } from './renew.ts';
import type { News, Order } from './renew-there.ts';

/** The thread's end: takes an order. */
export function serveRenewals(
  deps: Omit<RenewDeps, 'ask'>,
  tell: (news: News) => void,
): (order: Order) => void {
  const running = new Map<number, Renewing>();
  const answers = new Map<number, () => void>();

  const start = ({ id, job, trusted: memory }: Order & { do: 'start' }): Renewing => {
    const trusted = new BigInt64Array(memory);
    const ask = (answer: () => void): void => {
      answers.set(id, answer);
      tell({ says: 'are you there', id });
    };
    return renew({ ...deps, ask })(job, {
      trusted: (untilMs) => Atomics.store(trusted, 0, BigInt(Math.floor(untilMs))),
      failed: () => tell({ says: 'failed', id }),
      ending: (why) => tell({ says: 'ending', id, why }),
    });
  };

  return (order) => {
    switch (order.do) {
      case 'start':
        return void running.set(order.id, start(order));
      case 'started':
        return running.get(order.id)?.started(order.timeoutMs);
      case 'here':
        return answers.get(order.id)?.();
      case 'stop':
        running.get(order.id)?.stop();
        running.delete(order.id);
        answers.delete(order.id);
    }
  };
}
