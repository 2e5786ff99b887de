/** docs/errors.md, as the table in core/errors.ts has it. */
import { ERRORS } from '../core/errors.js';

export function errorTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { kind, message, hint }]) => `| \`${code}\` | ${kind} | ${escape(message)} | ${escape(hint)} |`,
  );
  return `# Errors\n\nEvery error that Retort raises.\n\n| code | kind | message | what to do |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
