/** Turns the deployed functions to the proxy: by their configuration alone, nothing of TaskQ knows of it. */
import {
  LambdaClient,
  paginateListFunctions,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { LocalAws } from '../../local/state.ts';

/**
 * Each process says in its user agent which one it is, and of which function, by a standard setting of the SDK that
 * it makes itself when it starts. https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html
 */
const nameItself =
  "--import=data:text/javascript,process.env.AWS_SDK_UA_APP_ID=process.pid+'-'+String(process.env.AWS_LAMBDA_FUNCTION_NAME).split('-').at(2)?.split('function')[0]";

/**
 * From now on the functions call AWS through the proxy, their queues included: the SDK takes a queue's URL for its endpoint.
 * @returns the deployed name of a function by its construct's, such as `work-webhooks`
 */
export async function turnToProxy(local: LocalAws, proxyUrl: string): Promise<(name: string) => string> {
  const client = new LambdaClient(local);
  const names: string[] = [];
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    for (const { FunctionName = '', Environment } of Functions) {
      if (!FunctionName.startsWith('taskq-queue-')) continue;
      names.push(FunctionName);
      const { LANES, ...others } = Environment?.Variables ?? {};
      const Variables = {
        ...others,
        ...(LANES === undefined ? {} : { LANES: LANES.replaceAll(/http:\/\/[^/]+/g, proxyUrl) }),
        AWS_ENDPOINT_URL: proxyUrl,
        NODE_OPTIONS: nameItself,
      };
      await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    }
  }
  return (name) => {
    const found = names.find((each) => each.startsWith(`taskq-queue-${name.replaceAll('-', '')}function`));
    if (found === undefined) throw new Error(`no function ${name} among ${names.join(', ')}`);
    return found;
  };
}
