/**
 * A Lambda environment of one Node process: loads the handler, then answers one invocation after the other.
 * Its parent is taskq_executor.py; between them is Node's own channel, one message a line of JSON.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { env } = process;
const send = process.send.bind(process);
// Lambda's functions have no parent to talk to.
delete process.send;
process.once('disconnect', () => process.exit());

/** What Lambda answers for a thrown value. */
function described(thrown) {
  if (!(thrown instanceof Error))
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: thrown.stack?.split('\n') ?? [],
  };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/** Nothing more can run in this process. */
function giveUp(thrown) {
  const error = described(thrown);
  console.error(JSON.stringify(error));
  send({ error, fatal: true }, () => process.exit(1));
}
process.on('uncaughtException', giveUp);
process.on('unhandledRejection', (reason) =>
  giveUp(named('Runtime.UnhandledPromiseRejection', String(reason?.stack ?? reason))),
);

async function loadHandler() {
  const dot = env._HANDLER.lastIndexOf('.');
  const path = env._HANDLER.slice(0, dot);
  const file = ['.mjs', '.js', '.cjs']
    .map((ending) => resolve(env.LAMBDA_TASK_ROOT, path + ending))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${path}'`);
  const module = await import(pathToFileURL(file).href);
  const name = env._HANDLER.slice(dot + 1);
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== 'function')
    throw named('Runtime.HandlerNotFound', `${env._HANDLER} is undefined or not exported`);
  return handler;
}

async function answerTo(handler, { requestId, functionArn, traceId, deadlineMs, event }) {
  env._X_AMZN_TRACE_ID = traceId;
  const context = {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    const result = await handler(JSON.parse(event || '{}'), context);
    return { result: JSON.stringify(result ?? null) };
  } catch (thrown) {
    const error = described(thrown);
    console.error(JSON.stringify(error));
    return { error };
  }
}

try {
  const handler = await loadHandler();
  process.on('message', async (invocation) => {
    const answer = await answerTo(handler, invocation);
    send({ ...answer, maxMemoryMb: Math.ceil(process.resourceUsage().maxRSS / 1024) });
  });
  send({ loaded: true });
} catch (thrown) {
  giveUp(thrown);
}
