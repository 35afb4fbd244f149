/**
 * The edge between a step and AWS: every call of every fake goes through `around`, is written down in
 * `calls`, and may go wrong as a test has planned.
 */
export interface Faults {
  /** Each call so far, as `change 10`: the method and how many rows it had. */
  calls: string[];
  /** The next call never arrives. */
  throwBefore(method: string): void;
  /** The next call is carried out, and its caller sees an error. */
  throwAfter(method: string): void;
  /** The next call is carried out, its answer is lost, and the SDK sends it again by itself: the caller sees the second answer. */
  sendTwice(method: string): void;
  /** The process dies at this moment: moments 1 and 2 are before and after the first call, and so on. */
  crashAt(moment: number): void;
  /** A new process: calls work again. */
  restart(): void;
  /** Moments so far. */
  moments(): number;
  around<T>(method: string, rows: number, perform: () => T): Promise<T>;
}

/** An AWS error as a step sees it when the SDK has given up. */
class AwsRefused extends Error {
  override name = 'InternalServerError';
}

/** What a dead process sees of every call. */
export class Crashed extends Error {}

type Fault = 'throw before' | 'throw after' | 'send twice';

export function noFaults(): Faults {
  const planned = new Map<string, Fault[]>();
  const plan = (fault: Fault) => (method: string) =>
    void planned.set(method, [...(planned.get(method) ?? []), fault]);
  const calls: string[] = [];
  let moment = 0;
  let lastMoment = Number.POSITIVE_INFINITY;

  const live = (): void => {
    moment++;
    if (moment >= lastMoment) throw new Crashed(`the process died at moment ${lastMoment}`);
  };

  return {
    calls,
    throwBefore: plan('throw before'),
    throwAfter: plan('throw after'),
    sendTwice: plan('send twice'),
    crashAt: (at) => {
      lastMoment = at;
    },
    restart: () => {
      lastMoment = Number.POSITIVE_INFINITY;
    },
    moments: () => moment,
    async around(method, rows, perform) {
      const fault = planned.get(method)?.shift();
      live();
      calls.push(`${method} ${rows}`);
      // A turn of the event loop, as any call takes: callers at the same time overtake each other here.
      await new Promise((resolve) => void setImmediate(resolve));
      if (fault === 'throw before') throw new AwsRefused(`${method} did not arrive`);
      const answer = perform();
      live();
      if (fault === 'throw after') throw new AwsRefused(`the answer of ${method} was lost`);
      return fault === 'send twice' ? perform() : answer;
    },
  };
}
