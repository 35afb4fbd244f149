import { describe, expect, it } from 'vitest';
import { memorySqs } from '../support/memory-sqs.ts';
import type { SqsMessage, SqsMoods, SqsQueue } from '../support/sqs-model.ts';

const second = 1_000;
const hour = 3_600_000;
const day = 86_400_000;

function alone(queue: Partial<SqsQueue> = {}, moods: SqsMoods = {}) {
  let now = 1_800_000_000_000;
  const declared = {
    lane: { visibilitySeconds: 75, ...queue },
    dead: { visibilitySeconds: 75 },
  };
  const sqs = memorySqs(() => now, declared, moods);
  return {
    sqs,
    pass: (ms: number) => {
      now += ms;
    },
    send: (...bodies: string[]) =>
      sqs.send(
        'lane',
        bodies.map((body) => ({ body })),
      ),
    one: () => sqs.receive('lane', 1)[0] as SqsMessage,
    bodies: (most = 10) => sqs.receive('lane', most).map((each) => each.body),
  };
}
const named = (name: string) => expect.objectContaining({ name });

/** The emulator does none of this: the figures are those of AWS's documentation, and hold for the fake alone. */
describe('SQS in memory, without the emulator, by AWS documents', () => {
  it('hides a message for at most 12 h from its first receive', () => {
    const { sqs, pass, send, one } = alone({ visibilitySeconds: 7_200 });
    send('a');
    const { receiptHandle } = one();
    pass(hour);
    expect(() => sqs.changeVisibility('lane', receiptHandle, 39_601)).toThrow(named('InvalidParameterValue'));
    sqs.changeVisibility('lane', receiptHandle, 39_600);
    pass(11 * hour);
    const again = one();
    expect(again.receiveCount).toBe(2);
    expect(() => sqs.changeVisibility('lane', again.receiptHandle, 1)).toThrow(
      named('InvalidParameterValue'),
    );
    sqs.changeVisibility('lane', again.receiptHandle, 0);
    expect(one().receiveCount).toBe(3);
  });

  it.each([-1, 0.5, 43_201])('refuses a visibility of %d s', (seconds) => {
    const { sqs, send, one } = alone();
    send('a');
    const { receiptHandle } = one();
    expect(() => sqs.changeVisibility('lane', receiptHandle, seconds)).toThrow(
      named('InvalidParameterValue'),
    );
  });

  it('changes no visibility of a message that is not in flight', () => {
    const { sqs, pass, send, one } = alone();
    send('a');
    const { receiptHandle } = one();
    pass(74_999);
    sqs.changeVisibility('lane', receiptHandle, 1);
    pass(second);
    expect(() => sqs.changeVisibility('lane', receiptHandle, 1)).toThrow(named('MessageNotInflight'));
  });

  it('refuses a delay above 900 s for that entry alone', () => {
    const { sqs, pass, bodies } = alone();
    expect(
      sqs.send('lane', [
        { body: 'too late', delaySeconds: 901 },
        { body: 'in time', delaySeconds: 900 },
      ]),
    ).toEqual([{ code: 'InvalidParameterValue' }, { messageId: 'message-1' }]);
    pass(899_999);
    expect(bodies()).toEqual([]);
    pass(1);
    expect(bodies()).toEqual(['in time']);
  });

  it('has 120,000 messages in flight at the most', () => {
    const { sqs, send } = alone();
    for (let index = 0; index < 12_001; index++) send(...'abcdefghij');
    for (let index = 0; index < 12_000; index++) sqs.receive('lane', 10);
    expect(sqs.inFlight('lane')).toBe(120_000);
    expect(() => sqs.receive('lane', 10, 'short')).toThrow(named('OverLimit'));
    expect(sqs.receive('lane', 10, 'long')).toEqual([]);
  });

  it('gives room when a message in flight is deleted, or can be seen again', () => {
    const { sqs, pass, send, one, bodies } = alone({ inFlightLimit: 2 });
    send('a', 'b', 'c', 'd');
    const first = one();
    expect(bodies()).toEqual(['b']);
    expect(() => bodies()).toThrow(named('OverLimit'));
    sqs.remove('lane', first.receiptHandle);
    expect(bodies()).toEqual(['c']);
    expect(() => bodies()).toThrow(named('OverLimit'));
    pass(75 * second);
    expect(sqs.inFlight('lane')).toBe(0);
    expect(bodies(2)).toEqual(['d', 'b']);
  });

  it('forgets a message 14 days after it was sent, in the dead-letter queue too', () => {
    const { sqs, pass, send, one } = alone({ redrive: { deadLetterQueue: 'dead', maxReceiveCount: 1 } });
    send('a', 'b');
    one();
    pass(14 * day - 1);
    expect(one()).toMatchObject({ body: 'b', receiveCount: 1 });
    sqs.receive('lane', 1);
    expect(sqs.all().map(({ queue, body }) => [queue, body])).toEqual([
      ['dead', 'a'],
      ['lane', 'b'],
    ]);
    expect(sqs.receive('dead', 10)).toMatchObject([{ body: 'a', receiveCount: 2 }]);
    pass(1);
    expect(sqs.all()).toEqual([]);
    expect(sqs.inFlight('lane') + sqs.inFlight('dead')).toBe(0);
  });

  it('may honour the handle of an earlier receive', () => {
    const { sqs, pass, send, one } = alone({}, { oldHandleWorks: () => true });
    send('a');
    const first = one();
    pass(75 * second);
    one();
    sqs.remove('lane', first.receiptHandle);
    expect(sqs.all()).toEqual([]);
  });

  it('knows no handle of another queue, nor that of a message that moved', () => {
    const { sqs, pass, send, one } = alone({ redrive: { deadLetterQueue: 'dead', maxReceiveCount: 1 } });
    send('a');
    const { receiptHandle } = one();
    expect(() => sqs.remove('dead', receiptHandle)).toThrow(named('ReceiptHandleIsInvalid'));
    pass(75 * second);
    expect(sqs.receive('lane', 1)).toEqual([]);
    sqs.remove('lane', receiptHandle);
    expect(sqs.receive('dead', 1)).toHaveLength(1);
  });

  it('draws what is received', () => {
    const draws = [0.99, 0.5, 0];
    const { send, bodies } = alone({}, { random: () => draws.shift() ?? 0 });
    send('a', 'b', 'c');
    expect(bodies()).toEqual(['c', 'b', 'a']);
  });

  it('shows a held message again when it is drawn so', () => {
    const { pass, send, bodies } = alone({}, { random: () => 0.2, seenTwice: () => true });
    send('a');
    expect(bodies()).toEqual(['a']);
    pass(14_999);
    expect(bodies()).toEqual([]);
    pass(1);
    expect(bodies()).toEqual(['a']);
  });

  it('refuses entries of a batch when it is drawn so', () => {
    let entry = 0;
    const { send, bodies } = alone({}, { entryRefused: () => entry++ === 1 });
    expect(send('a', 'b', 'c')).toEqual([
      { messageId: 'message-1' },
      { code: 'InternalError' },
      { messageId: 'message-2' },
    ]);
    expect(bodies()).toEqual(['a', 'c']);
  });

  it('has no queue that was not declared', () => {
    expect(() => alone().sqs.receive('nowhere', 1)).toThrow(named('QueueDoesNotExist'));
  });
});
