/** Rows as aligned columns; numbers to the right. */
export function table(rows: readonly Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string): number => Math.max(column.length, ...rows.map((row) => String(row[column]).length));
  const widths = new Map(columns.map((column) => [column, width(column)]));
  const cell = (column: string, value: string | number): string =>
    typeof value === 'number' ? String(value).padStart(widths.get(column) ?? 0) : value.padEnd(widths.get(column) ?? 0);
  const lines = rows.map((row) => columns.map((column) => cell(column, row[column] ?? '')).join('  '));
  return [columns.map((column) => column.padEnd(widths.get(column) ?? 0)).join('  '), ...lines].map((line) => line.trimEnd()).join('\n');
}
