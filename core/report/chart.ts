/**
 * Charts as SVG, drawn here and not in the reader's browser: the page needs no script, prints as vectors, and shows the
 * same under the strictest content security policy. A mark's `title` is shown where the pointer rests.
 */
import { plot, type PlotOptions } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.js';

/** A chart with a caption, which also names it to a screen reader. Marks come from `@observablehq/plot`. */
export function chart(caption: string, options: PlotOptions): Html {
  // The types of the DOM are not those of a program that runs in Node.
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as { document: unknown };
  const drawn = plot({
    width: 880,
    height: 300,
    marginLeft: 60,
    marginBottom: 40,
    ...options,
    document,
    className: 'plot',
    figure: true,
    caption,
    ariaLabel: caption,
  }) as { outerHTML: string };
  return new Html(drawn.outerHTML);
}
