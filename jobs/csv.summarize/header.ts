import { shown } from './cell.ts';

/** UTF-16 units of a column's name. */
const nameLength = 64;

/** Names for columns: trimmed and cut, `column_3` for a third without a name, `name_2` for a second of the same. */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((cell, index) => {
    const base = shown(cell.trim(), nameLength) || `column_${index + 1}`;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${base}_${n}`;
    taken.add(name);
    return name;
  });
}
