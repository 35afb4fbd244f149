import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Condition } from '../../../core/change.ts';
import { insertStatement, updateStatement } from '../../../functions/aws/partiql.ts';
import { changeCases } from '../../contract/change-cases.ts';
import { aJob } from '../../support/a-job.ts';

/** Text and parameters of a statement fit, every name is quoted, and no value stands in the text. */
function wellFormed({ Statement, Parameters }: { Statement: string; Parameters: unknown[] }): void {
  expect(Statement.split('?')).toHaveLength(Parameters.length + 1);
  expect(Parameters).not.toContain(undefined);
  const names = Statement.replaceAll(/"[A-Za-z]+"|'[A-Za-z]+'|"jobs-table"/g, 'N');
  expect(names).toMatch(
    /^(UPDATE N( SET N=(N\+)?\?| REMOVE N)* WHERE N=\? AND N=\?( AND N (IS MISSING|IN \[\?(,\?)*\]|[=<>]+ \?))*( RETURNING ALL NEW \*)?|INSERT INTO N VALUE \{N:\?(,N:\?)*\})$/,
  );
}

test.each(changeCases.map((each) => [each.name, each] as const))('%s, as a statement', (_, each) => {
  wellFormed(updateStatement('jobs-table', each.change(each.found)));
});

const attributes = [
  'status',
  'fence',
  'availableAt',
  'gate',
  'attention',
  'owner',
  'tags',
  'lastError',
] as const;
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.constantFrom('?', '" OR "1"="1', "'", ' AND '),
);
const condition = fc.oneof(
  fc.tuple(fc.constantFrom('fence', 'gate'), fc.constant('='), value),
  fc.tuple(fc.constant('status'), fc.constant('in'), fc.array(value, { minLength: 1 })),
  fc.tuple(fc.constant('availableAt'), fc.constant('<='), fc.integer()),
  fc.tuple(fc.constant('attemptsLeft'), fc.constant('>'), fc.integer()),
  fc.tuple(fc.constantFrom(...attributes), fc.constant('missing')),
) as unknown as fc.Arbitrary<Condition>;
const anyChange = fc.record(
  {
    key: fc.record({ pk: fc.string(), sk: fc.string() }),
    set: fc.dictionary(fc.constantFrom(...attributes), fc.option(value, { nil: undefined })),
    add: fc.dictionary(fc.constantFrom('fence', 'attempt', 'attemptsLeft'), fc.integer()),
    remove: fc.subarray([...attributes]),
    where: fc.array(condition),
    unread: fc.constant(true as const),
  },
  { requiredKeys: ['key', 'set', 'where'] },
) as unknown as fc.Arbitrary<Change>;
/** Core makes no change that changes nothing. */
const changes = anyChange.filter(
  ({ set, add = {}, remove = [] }) =>
    Object.values(set).some((each) => each !== undefined) || Object.keys(add).length + remove.length > 0,
);

test('any change is a statement whose values are parameters, whatever they hold', () => {
  fc.assert(fc.property(changes, (change) => wellFormed(updateStatement('jobs-table', change))));
});

test('any record is a statement without what is undefined', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...attributes), fc.option(value, { nil: undefined })),
      (fields) => {
        wellFormed(insertStatement('jobs-table', { ...aJob(), ...(fields as object) }));
      },
    ),
  );
});
