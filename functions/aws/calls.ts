/** Counts the AWS calls of an invocation and the DynamoDB write units they took, for its log line. */
let calls: Record<string, number> = {};
let writeUnits = 0;

interface Capacity {
  CapacityUnits?: number;
  WriteCapacityUnits?: number;
}

interface MiddlewareStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<{ output: unknown }>,
      context: { commandName?: string },
    ) => (args: unknown) => Promise<{ output: unknown }>,
    options: { step: 'initialize'; name: string },
  ): void;
}

/** Attaches the counter to an SDK client, once, where the port is called. */
export function counted<C>(client: C): C {
  (client as { middlewareStack: MiddlewareStack }).middlewareStack.add(
    (next, context) => async (args) => {
      const name = context.commandName?.replace(/Command$/, '') ?? 'unknown';
      calls[name] = (calls[name] ?? 0) + 1;
      const answer = await next(args);
      if (/Execute|Put|Update|Write/.test(name)) writeUnits += units(answer.output);
      return answer;
    },
    { step: 'initialize', name: 'countCalls' },
  );
  return client;
}

function units(output: unknown): number {
  const { ConsumedCapacity } = output as { ConsumedCapacity?: Capacity | Capacity[] };
  return [ConsumedCapacity ?? []].flat().reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0);
}

/** The counts since they were last taken. */
export function takeCalls(): { calls: string; write_units: number } {
  const taken = {
    calls: Object.entries(calls)
      .map(([name, count]) => `${name}:${count}`)
      .join(' '),
    write_units: writeUnits,
  };
  calls = {};
  writeUnits = 0;
  return taken;
}
