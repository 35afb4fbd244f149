import type { Report } from './report.ts';

/** A report as GitHub-flavoured Markdown, to be read by people; sections with nothing to say are left out. */
export function markdownOf(report: Report): string {
  const conflicts = report.shared_columns.filter(({ conflict }) => conflict);
  const agreeing = report.shared_columns.filter(({ conflict }) => !conflict);
  const sections = [
    `# ${text(report.title)}`,
    `**${count(report.files, 'file')}** with **${count(report.rows, 'row')}** in **${count(report.columns, 'column')}**, ${size(report.bytes)}.`,
    ...section(
      'Types at odds',
      'Columns that share a name, but cannot be read as one type.',
      ['Column', 'Files', 'Types'],
      conflicts.map((column) => [code(column.name), number(column.files), column.types.join(', ')]),
    ),
    ...section(
      'Biggest files',
      undefined,
      ['File', 'Rows', 'Columns', 'Size'],
      report.biggest_files.map((file) => [
        code(file.name),
        number(file.rows),
        number(file.columns),
        size(file.bytes),
      ]),
    ),
    ...section(
      'Columns by type',
      undefined,
      ['Type', 'Columns'],
      report.columns_by_type.map(({ type, columns }) => [type, number(columns)]),
    ),
    ...section(
      'Emptiest columns',
      undefined,
      ['File', 'Column', 'Missing', 'Share'],
      report.emptiest_columns.map((gap) => [
        code(gap.file),
        code(gap.column),
        number(gap.missing),
        `${gap.missing_percent.toFixed(1)} %`,
      ]),
    ),
    ...section(
      'Shared columns',
      'Columns that stand in several files and agree.',
      ['Column', 'Files', 'Types'],
      agreeing.map((column) => [code(column.name), number(column.files), column.types.join(', ')]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** A heading and a table: first column to the left, numbers to the right. */
function section(heading: string, remark: string | undefined, head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = `| ${head.map((name) => (leftAligned.has(name) ? '---' : '---:')).join(' | ')} |`;
  return [
    `## ${heading}`,
    ...(remark === undefined ? [] : [remark]),
    [line(head), rule, ...rows.map(line)].join('\n'),
  ];
}

const leftAligned = new Set(['Column', 'File', 'Type', 'Types']);

/** A name as a code span, where nothing acts as Markdown or HTML; names come out of other people's files. */
function code(name: string): string {
  return `\`${oneLine(name).replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}

function text(value: string): string {
  return oneLine(value).replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&');
}

function oneLine(value: string): string {
  return value.replace(/\s+/g, ' ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
