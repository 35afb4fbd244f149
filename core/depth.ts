/**
 * Is a JSON text nested deeper than so many arrays and objects. Looked at before it is parsed: what JSON.parse
 * takes at any depth, JSON.stringify and the schemas walk by recursion, and a few thousand levels end their stack.
 */
export function isDeeper(json: string, levels: number): boolean {
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const char = json[index];
    if (char === '"') index = endOfString(json, index);
    else if (char === '{' || char === '[') {
      if (++depth > levels) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}

/** Where the string that begins at `start` ends: at the first quote behind an even number of backslashes. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}

/** Digits enough to pass what a double holds; strings may look so, too. */
const huge = /\d[eE]\+?\d{2}|(?<!\d)\d{300}/;

/** Are all numbers of a parsed JSON text such as JSON can say again: it has `1e400`, and none for what is made of that. */
export function hasFiniteNumbers(text: string, value: unknown): boolean {
  return !huge.test(text) || areFinite(value);
}

/** @param value no deeper than `isDeeper` lets pass */
function areFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(areFinite);
}
