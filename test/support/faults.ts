/** What is to go wrong at the next call of a method; a queue of faults for each. */
export interface Faults {
  /** The call never arrives. */
  throwBefore(method: string): void;
  /** The call is carried out, and its caller sees an error. */
  throwAfter(method: string): void;
  /** The call is carried out, its answer is lost, and the SDK sends it again by itself: the caller sees the second answer. */
  sendTwice(method: string): void;
  /** Carries a call out, with the next fault of its method if there is one. */
  around<T>(method: string, perform: () => T): Promise<T>;
}

/** An AWS error as a step sees it when the SDK has given up. */
export class AwsRefused extends Error {
  override name = 'InternalServerError';
}

type Fault = 'throw before' | 'throw after' | 'send twice';

export function noFaults(): Faults {
  const planned = new Map<string, Fault[]>();
  const plan = (fault: Fault) => (method: string) =>
    void planned.set(method, [...(planned.get(method) ?? []), fault]);

  return {
    throwBefore: plan('throw before'),
    throwAfter: plan('throw after'),
    sendTwice: plan('send twice'),
    async around(method, perform) {
      const fault = planned.get(method)?.shift();
      // A turn of the event loop, as any call takes: what two callers do between is seen by both.
      await new Promise((resolve) => void setImmediate(resolve));
      if (fault === 'throw before') throw new AwsRefused(`${method} did not arrive`);
      const answer = perform();
      if (fault === 'throw after') throw new AwsRefused(`the answer of ${method} was lost`);
      return fault === 'send twice' ? perform() : answer;
    },
  };
}
