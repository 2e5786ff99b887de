import { lineY } from '@observablehq/plot';
import { describe, expect, it } from '@jest/globals';
import { chart } from '../../../core/report/chart.js';
import { html } from '../../../core/report/html.js';
import { reportPage } from '../../../core/report/page.js';
import { table } from '../../../core/report/table.js';

describe('a report', () => {
  const page = reportPage({
    title: 'Load of <b>',
    summary: `'"&`,
    sections: [
      { heading: 'Latency', body: chart('p99 over time', { marks: [lineY([1, 3, 2])] }) },
      { heading: 'Figures', body: [table(['', 'ms'], [['p99 <script>', 3]]), html`<p>${'</p>'}</p>`] },
    ],
  });

  it('escapes every text', () => {
    expect(page).toContain('<title>Load of &#60;b&#62;</title>');
    expect(page).toContain('<p>&#39;&#34;&#38;</p>');
    expect(page).toContain('<p>&#60;/p&#62;</p>');
    expect(page).not.toContain('<script');
  });

  it('stands alone: its charts are drawn, and it asks for nothing', () => {
    expect(page).toMatch(/<svg[^>]*aria-label="p99 over time"/);
    expect(page).toContain('<figcaption>p99 over time</figcaption>');
    expect(page).not.toMatch(/(src|href|url)\s*[=(]/);
  });
});
