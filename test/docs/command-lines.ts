/** The command lines that the documentation shows. */
import { readFile } from 'node:fs/promises';

/** What follows `retort`, of every line of code that starts with it, with the page that shows it. */
export async function shownCommandLines(
  pages: readonly string[],
): Promise<[page: string, words: string[]][]> {
  const found: [string, string[]][] = [];
  for (const page of pages) {
    let fenced = false;
    for (const line of (await readFile(page, 'utf8')).split('\n')) {
      if (line.startsWith('```')) fenced = !fenced;
      const [, command] = /^(?: {4})?(?:npx )?retort (.*)$/.exec(line) ?? [];
      if (command !== undefined && (fenced || line.startsWith('    '))) found.push([page, wordsOf(command)]);
    }
  }
  return found;
}

/** As a shell splits them: by spaces outside quotation marks, without what follows a number sign. */
function wordsOf(command: string): string[] {
  return Array.from(
    command.replace(/\s#.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
    ([, a, b, c]) => a ?? b ?? c ?? '',
  );
}
