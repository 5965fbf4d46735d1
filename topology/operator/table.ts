type Cell = string | number;

/** Rows as aligned columns; numbers to the right. A cell of several lines makes its row as high. */
export function table(rows: readonly Record<string, Cell>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) => Math.max(column.length, ...rows.flatMap((row) => linesOf(row[column]).map(({ length }) => length))));
  const line = (cells: readonly Cell[]): string => cells.map((cell, at) => padded(cell, widths[at] ?? 0)).join('  ').trimEnd();
  const headings = columns.map((column, at) => (rows.every((row) => typeof row[column] === 'number') ? column.padStart(widths[at] ?? 0) : column));
  return [line(headings), ...rows.flatMap((row) => linesAcross(columns.map((column) => row[column] ?? '')).map(line))].join('\n');
}

/** Text broken between words into lines of at most `width` characters, where its words allow. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

const linesOf = (cell: Cell | undefined): string[] => String(cell ?? '').split('\n');
const padded = (cell: Cell, width: number): string => (typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width));

function linesAcross(cells: readonly Cell[]): Cell[][] {
  const height = Math.max(...cells.map((cell) => linesOf(cell).length));
  return Array.from({ length: height }, (_, at) => cells.map((cell) => (height === 1 || (at === 0 && typeof cell === 'number') ? cell : (linesOf(cell)[at] ?? ''))));
}
