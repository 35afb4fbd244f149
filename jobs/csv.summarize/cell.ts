/** What a single cell says: pure functions of its trimmed text, the rules behind a column's type. */

/**
 * A decimal number as JSON writes it, with a leading `+`, `.5` and `5.` allowed too. Not thousands separators
 * (1,234 or 1.234 depends on the country), and no zero before other digits: 00501 is a postcode.
 */
const decimal = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const wholeNumber = /^[+-]?\d+$/;

/** Reads a number; undefined for text, for anything beyond a double, and for whole numbers it cannot hold exactly. */
export function numberOf(text: string): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  // 12345678901234567890 is an id: a double would change its last digits.
  if (!Number.isSafeInteger(value) && wholeNumber.test(text)) return undefined;
  return value;
}

/** Whether the text of a number is written as a whole number (`2.0` is not: its column measures something). */
export function isWholeNumber(text: string): boolean {
  return wholeNumber.test(text);
}

/** `true` and `false` in any case; 0 and 1 are integers, `yes` is a word. */
export function isBoolean(text: string): boolean {
  return /^(?:true|false)$/i.test(text);
}

const isoDate =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))?)?$/;

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an ISO 8601 date or date-time (time zone optional, then UTC; other orders are ambiguous and stay text).
 * Answers a number of ms that orders dates, counted from no useful origin; undefined for anything else.
 */
export function dateOrderOf(text: string): number | undefined {
  const match = isoDate.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute] = match;
  const y = Number(year);
  const m = Number(month);
  const d = Number(day);
  const leapDay = m === 2 && y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0) ? 1 : 0;
  if (d < 1 || d > (daysInMonth[m - 1] ?? 0) + leapDay) return undefined;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; 400 years later the calendar is the same.
  const ms = Date.UTC(y + 400, m - 1, d, Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0));
  const zoneMs = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * 60_000;
  return ms + Number(`0.${fraction ?? 0}`) * 1_000 - (sign === '-' ? -zoneMs : zoneMs);
}

/** Text as it may stand in a result: at most `limit` UTF-16 units, whole characters, no control characters. */
export function shown(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
  return cut.toWellFormed().replace(/\p{Cc}/gu, ' ');
}
