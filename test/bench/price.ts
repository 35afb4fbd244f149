/**
 * List prices in USD: us-east-1, first tier, on demand, as of 2026. Per million unless the name says
 * otherwise. https://aws.amazon.com/pricing of each service.
 */
const list = {
  apiGateway: 3.5,
  lambdaRequests: 0.2,
  /** arm64 */
  lambdaGbSecond: 0.0000133334,
  sqs: 0.4,
  /** On requests for messages with a group id on a standard queue; taken for sends, receives and deletes alike. */
  sqsFairQueues: 0.1,
  kms: 3,
  dynamoWriteUnits: 0.625,
  dynamoReadUnits: 0.125,
  dynamoGbMonth: 0.25,
  dynamoRecoveryGbMonth: 0.2,
  stepTransitions: 25,
  logsGb: 0.5,
  traces: 5,
};

/** What one job takes of each service, counted or modelled. */
export interface PerJob {
  apiRequests: number;
  invocations: { enqueue: number; work: number };
  /** AWS calls of one invocation that wait for each other. */
  inSequence: { enqueue: number; work: number };
  /** Sends by the functions, receives and deletes by the mapping. */
  sqsRequests: number;
  fairQueues: boolean;
  kmsRequests: number;
  writeUnits: number;
  readUnits: number;
}

/** What a job leaves behind. */
export interface Leavings {
  /** Bytes of the items that are kept, and for how many days. */
  itemBytes: number;
  keptDays: number;
  logBytes: number;
}

export interface Price {
  apiGateway: number;
  lambda: number;
  sqs: number;
  kms: number;
  dynamo: number;
  total: number;
}

const memoryGb = 0.5;
/** Modelled time of an invocation, the same for every wiring: the emulator's own time says nothing about Lambda's. */
const baseSeconds = 0.002;
const callSeconds = 0.005;

/** USD per million jobs: calls, units and modelled Lambda time. */
export function price(job: PerJob): Price {
  const seconds = (step: 'enqueue' | 'work') =>
    job.invocations[step] * (baseSeconds + callSeconds * job.inSequence[step]);
  const parts = {
    apiGateway: job.apiRequests * list.apiGateway,
    lambda:
      (job.invocations.enqueue + job.invocations.work) * list.lambdaRequests +
      (seconds('enqueue') + seconds('work')) * memoryGb * list.lambdaGbSecond * 1e6,
    sqs: job.sqsRequests * (list.sqs + (job.fairQueues ? list.sqsFairQueues : 0)),
    kms: job.kmsRequests * list.kms,
    dynamo: job.writeUnits * list.dynamoWriteUnits + job.readUnits * list.dynamoReadUnits,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, each) => sum + each, 0) };
}

/** USD per million of what takes so many state transitions each. */
export function priceOfTransitions(transitions: number): number {
  return transitions * list.stepTransitions;
}

/** DynamoDB bills so many bytes more for each item it stores. */
const storedItemOverhead = 100;
const daysOfMonth = 30;
/** One job in a hundred traced, through two functions. */
const tracesPerJob = 0.02;

/** USD per million jobs: storage with point-in-time recovery, logs, traces. */
export function priceOfLeavings({ itemBytes, keptDays, logBytes }: Leavings): Record<string, number> {
  const gbMonths = ((itemBytes + storedItemOverhead) / 1e9) * (keptDays / daysOfMonth) * 1e6;
  return {
    storage: gbMonths * (list.dynamoGbMonth + list.dynamoRecoveryGbMonth),
    logs: (logBytes / 1e9) * 1e6 * list.logsGb,
    traces: tracesPerJob * list.traces,
  };
}
