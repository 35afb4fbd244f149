import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

/** Asks the `keys` function, the only one that may, to make a tenant's first keys. Loaded on a tenant's first use alone. */
const lambda = counted(new LambdaClient(boundedCalls(10_000)));

export async function askForKeys(functionName: string, tenant: string): Promise<void> {
  const { FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify({ tenant })) }),
  );
  if (FunctionError !== undefined)
    throw new Error(`the keys function failed for tenant "${tenant}": ${FunctionError}; its log says why`);
}
