import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * Bytes of an item as DynamoDB bills them, from the item as it travels. Written from Amazon's page and not
 * from `itemSize` of `core/table.ts`, which decides where payloads lie: the bench measures that decision.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function wireSize(item: Record<string, AttributeValue>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + utf8(name) + sizeOf(value), 0);
}

/** Write units of an item: one for each started KB. */
export function writeUnits(item: Record<string, AttributeValue>): number {
  return Math.ceil(wireSize(item) / 1024);
}

function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return utf8(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.L !== undefined) return 3 + value.L.reduce((sum, each) => sum + 1 + sizeOf(each), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + wireSize(value.M);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  throw new Error(`an attribute of type ${Object.keys(value)} is not expected in a table of the bench`);
}

/** One byte for two significant digits, one more, and one for a sign. */
function numberSize(text: string): number {
  const digits = text.replace(/\D/g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

function utf8(text: string): number {
  return Buffer.byteLength(text);
}
