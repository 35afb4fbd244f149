import type { AdvanceInput } from '../../../functions/advance/advance.ts';
import { firstWaitSeconds, type goOn } from '../../../functions/workflows.ts';
import { between, oneOf, type Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

/** Step Functions in memory: the one machine of `infra/machine.ts`, state by state. */
export interface SimulatedExecutions {
  /** A name is used once; starting it again is a success. */
  start: (name: string, input: { tenant: string; workflow: string }) => void;
  /** A token is answered once; one that is gone or timed out changes nothing. */
  handBack: (token: string, answer: ReturnType<typeof goOn>) => void;
  /** Nobody advances this workflow, or is about to. */
  rests: (workflow: string) => boolean;
  /** The token that an execution waits with; undefined when it does not wait. */
  waitsWith: (name: string) => { token: string; waitSeconds: number } | undefined;
  isGone: (name: string) => boolean;
}

interface Execution {
  name: string;
  tenant: string;
  workflow: string;
  /** Between two states, trying again, or its invocation is under way. */
  moving: boolean;
  gone: boolean;
  open?: { token: string; waitSeconds: number };
}

interface ExecutionParts {
  scheduler: Scheduler;
  random: Random;
  strikes: (kind: 'vanished' | 'invokedTwice') => boolean;
  /** Invokes the function: false when it failed. */
  invoke: (input: AdvanceInput) => Promise<boolean>;
  onMove: (workflow: string) => void;
}

/** As the machine's `Retry` says. */
const retries = 8;
const retrySeconds = (tries: number): number => Math.min(300, 2 * 2 ** tries);
const laterSeconds = 600;

export function simulateExecutions(parts: ExecutionParts): SimulatedExecutions {
  const { scheduler, random, strikes, invoke, onMove } = parts;
  const executions = new Map<string, Execution>();
  const byToken = new Map<string, Execution>();
  /** Invocations that live, also those whose state has timed out. */
  const alive = new Map<string, number>();

  const soon = (each: Execution, ms: number, run: () => void): void => {
    each.moving = true;
    onMove(each.workflow);
    scheduler.at(scheduler.now() + ms, run);
  };

  function enter(each: Execution, state: { timedOut: boolean; waitSeconds: number; tries: number }): void {
    onMove(each.workflow);
    if (strikes('vanished')) {
      each.moving = false;
      each.gone = true;
      return;
    }
    const { waitSeconds, timedOut } = state;
    const token = `${each.name}/${byToken.size + 1}`;
    byToken.set(token, each);
    each.open = { token, waitSeconds };
    scheduler.at(scheduler.now() + waitSeconds * 1000, () => {
      if (each.open?.token !== token) return 'idle';
      delete each.open;
      return soon(each, between(random, 5, 60), () => enter(each, { timedOut: true, waitSeconds, tries: 0 }));
    });
    const { tenant, workflow, name: execution } = each;
    const input = { tenant, workflow, token, execution, waitSeconds, timedOut };
    // Now and then a container is started for it.
    soon(
      each,
      between(random, 5, oneOf(random, [40, 40, 40, 2_000])),
      () => void run(each, input, state.tries),
    );
  }

  async function run(each: Execution, input: AdvanceInput, tries: number): Promise<void> {
    const both = [counted(input), ...(strikes('invokedTwice') ? [counted(input)] : [])];
    const answered = (await Promise.all(both)).includes(true);
    onMove(each.workflow);
    if (each.open?.token !== input.token) return;
    if (answered) {
      each.moving = false;
      return;
    }
    delete each.open;
    const { timedOut, waitSeconds } = input;
    if (tries < retries)
      return soon(each, retrySeconds(tries) * 1000, () =>
        enter(each, { timedOut, waitSeconds, tries: tries + 1 }),
      );
    soon(each, laterSeconds * 1000, () => enter(each, { timedOut: true, waitSeconds, tries: 0 }));
  }

  async function counted(input: AdvanceInput): Promise<boolean> {
    const { workflow } = input;
    alive.set(workflow, (alive.get(workflow) ?? 0) + 1);
    const answered = await invoke(input);
    alive.set(workflow, (alive.get(workflow) ?? 0) - 1);
    return answered;
  }

  return {
    start(name, { tenant, workflow }) {
      if (executions.has(name)) return;
      const each: Execution = { name, tenant, workflow, moving: true, gone: false };
      executions.set(name, each);
      soon(each, between(random, 20, 200), () =>
        enter(each, { timedOut: false, waitSeconds: firstWaitSeconds, tries: 0 }),
      );
    },
    handBack(token, { done, waitSeconds }) {
      const each = byToken.get(token);
      if (each?.open?.token !== token) return;
      delete each.open;
      each.moving = false;
      onMove(each.workflow);
      if (!done)
        soon(each, between(random, 5, 60), () => enter(each, { timedOut: false, waitSeconds, tries: 0 }));
    },
    rests: (workflow) =>
      (alive.get(workflow) ?? 0) === 0 &&
      [...executions.values()].every((each) => each.workflow !== workflow || !each.moving),
    waitsWith: (name) => executions.get(name)?.open,
    isGone: (name) => executions.get(name)?.gone ?? false,
  };
}
