/** What else was seen of a job beside its statuses: pointers that were sent, entries that were written, processes that died. */
import { decodePointer } from '../../core/pointer.ts';
import type { Call } from './call.ts';
import { readStatement } from './statement.ts';

/** Something that befell a job. */
interface Mark {
  /** ms since the epoch. */
  at: number;
  what: string;
}

/** A pointer on its way. */
interface Sent extends Mark {
  by: string;
}

export type Trail = ReturnType<typeof openTrail>;

interface Batch {
  Statements?: { Statement: string; Parameters?: Parameters<typeof readStatement>[1] }[];
  QueueUrl?: string;
  Entries?: { Id: string; MessageBody?: string; DelaySeconds?: number }[];
}
interface Answer {
  Responses?: { Error?: unknown }[];
  Successful?: { Id: string; MessageId?: string }[];
}

/** @param now ms since the epoch */
export function openTrail(now: () => number) {
  const marks = new Map<string, Mark[]>();
  const messages = new Map<string, Sent>();

  const mark = (jobId: string, what: string, at = now()): void =>
    void marks.set(jobId, [...(marks.get(jobId) ?? []), { at, what }]);

  /** Entries of the attention index that were written or moved; a walked record has none before. */
  function sawRows({ Statements = [] }: Batch, { Responses = [] }: Answer, who: string): void {
    for (const [index, { Statement, Parameters = [] }] of Statements.entries()) {
      if (Responses[index] === undefined || Responses[index].Error !== undefined) continue;
      const { jobId, set } = readStatement(Statement, Parameters);
      if (typeof set.attentionAt !== 'number') continue;
      const inSeconds = ((set.attentionAt - now()) / 1000).toFixed(1);
      const how = Statement.includes('"attention" IS MISSING') ? ', as the walk does' : '';
      mark(jobId, `entry due in ${inSeconds} s by ${who}${how}`);
    }
  }

  function sawSends({ QueueUrl = '', Entries = [] }: Batch, { Successful = [] }: Answer, who: string): void {
    const lane = QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
    for (const { Id, MessageId = '' } of Successful) {
      const entry = Entries.find((each) => each.Id === Id);
      const jobId = decodePointer(entry?.MessageBody ?? '')?.jobId;
      if (jobId === undefined) continue;
      const what = `pointer ${MessageId.slice(0, 8)} into ${lane}, delay ${entry?.DelaySeconds ?? 0} s, by ${who}`;
      messages.set(MessageId, { at: now(), what, by: who });
      mark(jobId, what);
    }
  }

  return {
    mark,
    /** Reads a batch and its answer, both parsed. */
    sawBatch(call: Pick<Call, 'by' | 'pid'>, request: unknown, answer: unknown): void {
      const who = `${call.by} ${call.pid}`;
      const batch = request as Batch;
      if (batch.Statements !== undefined) sawRows(batch, answer as Answer, who);
      else sawSends(batch, answer as Answer, who);
    },
    /** Who sent a message, and where to; undefined where nobody saw it go. */
    sentAs: (messageId: string): Sent | undefined => messages.get(messageId),
    marksOf: (jobId: string): readonly Mark[] => marks.get(jobId) ?? [],
  };
}
