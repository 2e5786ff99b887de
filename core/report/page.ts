/** A report as one HTML file: no request, no script but one that its hash allows, light and dark, and fit for paper. */
import { createHash } from 'node:crypto';
import { Html, html } from './html.js';

export interface ReportSection {
  readonly heading: string;
  readonly body: Html | readonly Html[];
}

export interface ReportPage {
  readonly title: string;
  /** One sentence below the title: what was measured, where and when. */
  readonly summary: string;
  readonly sections: readonly ReportSection[];
  /** Rules beside the page's own. */
  readonly styles?: string;
  /** What the page cannot show without it must not depend on it. */
  readonly script?: string;
}

/** The whole file's text. */
export function reportPage({ title, summary, sections, styles: more = '', script }: ReportPage): string {
  const allowed =
    script === undefined
      ? ''
      : `; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="${new Html(`default-src 'none'; style-src 'unsafe-inline'${allowed}`)}"
        />
        <title>${title}</title>
        <style>
          ${new Html(styles + more)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p>${summary}</p>
          ${sections.map(
            ({ heading, body }) =>
              html`<section>
                <h2>${heading}</h2>
                ${body}
              </section>`,
          )}
        </main>
        ${script === undefined ? '' : new Html(`<script>${script}</script>`)}
      </body>
    </html> `.source;
}

const styles = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; break-after: avoid; }
figure { margin: 1rem 0; break-inside: avoid; overflow-x: auto; }
figcaption { font-size: 0.87rem; }
svg.plot { --plot-background: Canvas; height: auto; max-width: 100%; font-size: 12px; }
table { border-collapse: collapse; margin: 0.5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.9rem 0.2rem 0; border-bottom: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); }
th { text-align: left; font-weight: 600; }
td, thead th + th { text-align: right; }
tr { break-inside: avoid; }
@media print { :root { color-scheme: light; font-size: 10pt; } main { max-width: none; padding: 0; } }
`;
