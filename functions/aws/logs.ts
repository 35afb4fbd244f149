import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { counted } from './calls.ts';
import { boundedCalls } from './timeouts.ts';

/** Lines of the log groups of workers. Loaded when a lost lease is found, and by nobody else. */

const logs = counted(new CloudWatchLogsClient({ ...boundedCalls(2_000), maxAttempts: 1 }));

export interface LogLine {
  message: string;
  stream: string;
  at: number;
}

/** Lines that hold a phrase, from a time on, oldest first; of one stream where that is known. */
export async function findLines(
  group: string,
  { phrase, from, to, stream }: { phrase: string; from: number; to?: number; stream?: string },
  signal: AbortSignal,
): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await logs.send(
      new FilterLogEventsCommand({
        logGroupName: group,
        filterPattern: `"${phrase}"`,
        startTime: from,
        ...(to === undefined ? {} : { endTime: to }),
        ...(stream === undefined ? {} : { logStreamNames: [stream] }),
        limit: 100,
        nextToken,
      }),
      { abortSignal: signal },
    );
    for (const { message = '', logStreamName = '', timestamp = from } of answer.events ?? [])
      lines.push({ message: message.trimEnd(), stream: logStreamName, at: timestamp });
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
  return lines;
}
