/** A Markdown table; a bar within a cell is escaped. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;

/**
 * Replaces what stands between `<!-- KIND:NAME -->` and `<!-- /KIND:NAME -->`. Throws where the text asks for
 * a block that is not there.
 */
export function replaceBlocks(text: string, blocks: Readonly<Record<string, string>>, kind = 'generated'): string {
  const missing = [...text.matchAll(new RegExp(`<!-- ${kind}:([\\w-]+) -->`, 'g'))]
    .map(([, name]) => name as string)
    .filter((name) => !(name in blocks));
  if (missing.length > 0)
    throw new Error(`no ${kind} block is named ${missing.join(', ')}; there are ${Object.keys(blocks).join(', ')}`);
  return Object.entries(blocks).reduce((result, [name, block]) => {
    const marked = new RegExp(`(<!-- ${kind}:${name} -->)[\\s\\S]*?(<!-- /${kind}:${name} -->)`, 'g');
    return result.replace(marked, (_, open: string, close: string) => `${open}\n${block.trim()}\n${close}`);
  }, text);
}
