/** A batch of which some entries fail, inside an answer of status 200: the SDK repeats none of them. */
import { oneOf, type Random } from '../simulation/random.ts';

interface Batch {
  Statements?: unknown[];
  Entries?: { Id: string }[];
}

interface BatchAnswer {
  Responses?: unknown[];
  Successful?: { Id: string }[];
  Failed?: unknown[];
}

/** What is sent on, and how the true answer becomes the one that is given. */
export interface Tampering {
  request: string;
  /** Every entry is refused: there is nothing to send on. */
  nothingLeft: boolean;
  answer(received: string): string;
}

/** @param body a BatchExecuteStatement or SendMessageBatch in JSON */
export function tamper(body: string, random: Random): Tampering {
  const batch = JSON.parse(body) as Batch;
  return batch.Statements === undefined
    ? tamperEntries(batch, batch.Entries ?? [], random)
    : tamperRows(batch, batch.Statements, random);
}

type Fate = 'done' | 'refused' | 'called_failed';

/** At least one entry fails. */
function fates(count: number, random: Random): Fate[] {
  const all: Fate[] = Array.from({ length: count }, () =>
    oneOf<Fate>(random, ['done', 'done', 'refused', 'called_failed']),
  );
  if (!all.some((each) => each !== 'done')) all[Math.floor(random() * count)] = 'refused';
  return all;
}

function tamperRows(batch: Batch, statements: unknown[], random: Random): Tampering {
  const fate = fates(statements.length, random);
  const left = statements.filter((_, index) => fate[index] !== 'refused');
  // Only an internal error may hide a write that was applied.
  const errors = fate.map((each) =>
    each === 'refused'
      ? oneOf(random, ['ThrottlingError', 'ProvisionedThroughputExceeded'])
      : 'InternalServerError',
  );
  return {
    request: JSON.stringify({ ...batch, Statements: left }),
    nothingLeft: left.length === 0,
    answer(received) {
      const answer = JSON.parse(received) as BatchAnswer;
      const rows = [...(answer.Responses ?? [])];
      const Responses = fate.map((each, index) => {
        const row = each === 'refused' ? undefined : rows.shift();
        return each === 'done' ? row : { Error: { Code: errors[index], Message: 'chaos' } };
      });
      return JSON.stringify({ ...answer, Responses });
    },
  };
}

function tamperEntries(batch: Batch, entries: { Id: string }[], random: Random): Tampering {
  const fate = fates(entries.length, random);
  const idsWith = (which: Fate[]) =>
    entries.flatMap(({ Id }, index) => (which.includes(fate[index] as Fate) ? [Id] : []));
  const left = entries.filter((_, index) => fate[index] !== 'refused');
  const failed = idsWith(['refused', 'called_failed']);
  return {
    request: JSON.stringify({ ...batch, Entries: left }),
    nothingLeft: left.length === 0,
    answer(received) {
      const answer = JSON.parse(received) as BatchAnswer;
      return JSON.stringify({
        ...answer,
        Successful: (answer.Successful ?? []).filter(({ Id }) => !failed.includes(Id)),
        Failed: [
          ...(answer.Failed ?? []),
          ...failed.map((Id) => ({ Id, SenderFault: false, Code: 'InternalError', Message: 'chaos' })),
        ],
      });
    },
  };
}
