/** Parts of an HTML page: text that is put into a template is escaped, parts are not. */

export class Html {
  constructor(readonly source: string) {}
}

type Part = Html | string | number | readonly Html[];

/** html`<p>${text}</p>`: the text cannot end the element, whatever it holds. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.map((string, index) => string + (index < parts.length ? write(parts[index] ?? '') : '')).join(''),
  );
}

function write(part: Part): string {
  if (part instanceof Html) return part.source;
  if (typeof part === 'object') return part.map(({ source }) => source).join('\n');
  return String(part).replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
