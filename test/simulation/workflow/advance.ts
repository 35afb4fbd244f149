import { type AdvanceInput, advanceWorkflow } from '../../../functions/advance/advance.ts';
import type { Program } from '../functions.ts';
import type { Ports } from '../ports.ts';
import type { Process } from '../process.ts';
import { flowsOf } from './ports.ts';

const timeoutMs = 120_000;

interface Container {
  busy: boolean;
  release: Process['release'];
  now: { process: Process; ports: Ports };
  step: ReturnType<typeof advanceWorkflow>;
}

interface Parts {
  begin: (kind: string) => Program;
  within: <T>(process: Process, step: Promise<T>, timeoutMs: number) => Promise<T | 'killed'>;
  catalogueOf: (process: Process) => Parameters<typeof advanceWorkflow>[0]['catalogue'];
  onInvoke: (process: Process) => void;
  say: (line: () => string) => void;
}

/** Lambda's side of advance: warm containers, in which what was read of a graph is kept. @returns true when it came to its end */
export function makeAdvance({ begin, within, catalogueOf, onInvoke, say }: Parts) {
  const containers: Container[] = [];

  async function invoke(input: AdvanceInput): Promise<boolean> {
    const { process, ports } = begin('advance');
    const idle = containers.findIndex((each) => !each.busy && each.release === process.release);
    const container = containers[idle] ?? startContainer(process);
    if (idle < 0) containers.push(container);
    container.busy = true;
    container.now = { process, ports };
    onInvoke(process);
    say(
      () =>
        `${process.name} advances ${input.workflow.slice(-6)}${input.timedOut ? ', which waited long enough' : ''}`,
    );
    const died = new Promise<'died'>((resolve) => {
      const { die } = process;
      process.die = (why) => {
        die(why);
        resolve('died');
      };
    });
    const step = container.step(input).catch((error: Error) => {
      say(() => `${process.name} fails: ${error.message}`);
      return 'failed' as const;
    });
    const answer = await within(process, Promise.race([step, died]), timeoutMs);
    if (answer === 'killed' || answer === 'died') containers.splice(containers.indexOf(container), 1);
    container.busy = false;
    if (typeof answer === 'string') return false;
    say(() => `${process.name} is done: ${answer.outcome}`);
    return true;
  }

  function startContainer(process: Process): Container {
    const container: Container = {
      busy: false,
      release: process.release,
      now: undefined as never,
      step: undefined as never,
    };
    const own = () => container.now.ports;
    container.step = advanceWorkflow({
      store: following(() => own().store),
      lanes: following(() => own().lanes),
      vault: following(() => own().vault),
      workflows: following(() => flowsOf(own()).workflows),
      executions: following(() => flowsOf(own()).executions),
      catalogue: catalogueOf(process),
      now: () => container.now.process.now(),
      sleep: (ms) => container.now.process.sleep(ms),
    });
    return container;
  }

  return invoke;
}

/** A port of whichever process the container runs now. */
function following<T extends object>(port: () => T): T {
  return new Proxy({} as T, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        (port() as Record<PropertyKey, (...given: unknown[]) => unknown>)[name]?.(...args),
  });
}
