/** A graph drawn as SVG: nodes in the colour of the rule that made them or took them out. */
import { printShape } from '../../core/graph/inference/rule.js';
import type { Graph, Node } from '../../core/graph/ir.js';
import { type Html, html } from '../../core/report/html.js';
import { type Box, drawingOf, isPort } from './layout.js';

export interface FigureOptions {
  readonly caption: string;
  /** By node: a rule. */
  readonly painted: ReadonlyMap<string, string>;
  /** How the rule is named where the pointer rests: `made by`, `taken out by`. */
  readonly verb: string;
  /** The hue of a rule, in degrees. */
  readonly hue: (rule: string) => number;
}

export function graphFigure(graph: Graph, { caption, painted, verb, hue }: FigureOptions): Html {
  const { width, height, boxes, edges, repeated, left } = drawingOf(graph);
  const number = (value: number) => String(Math.round(value * 10) / 10);
  const paths = edges.map((points) => {
    const [start, ...others] = points.map(({ x, y }) => `${number(x)},${number(y)}`);
    return html`<path d="M${start ?? ''} L${others.join(' ')}" />`;
  });
  const drawn = boxes.map((box) => {
    const rule = box.node === null ? undefined : painted.get(box.node.name);
    const kind = isPort(box) ? 'port' : rule === undefined ? 'plain' : 'painted';
    const style = rule === undefined ? '' : `--hue:${String(hue(rule))}`;
    const [x, y] = [number(box.x - box.width / 2), number(box.y - box.height / 2)];
    return html`<g class="${kind}" style="${style}">
      <title>
        ${[...linesOf(box, graph), ...(rule === undefined ? [] : [`${verb} ${rule}`])].join('\n')}
      </title>
      <rect x="${x}" y="${y}" width="${number(box.width)}" height="${number(box.height)}" rx="4" />
      <text x="${number(box.x)}" y="${number(box.y + 4)}">${box.label}</text>
    </g>`;
  });
  const size = `${number(width)} ${number(height)}`;
  const start = boxes.reduce((first, box) => Math.min(first, box.y), Infinity);
  const startX = boxes.find(({ y }) => y === start)?.x ?? 0;
  const notes = [
    repeated === 0
      ? ''
      : ` Parts that repeat are drawn once; boxes stand for ${String(repeated)} nodes more.`,
    left === 0 ? '' : ` The last ${String(left)} nodes are not drawn.`,
  ];
  return html`<figure class="graph">
    <div class="buttons" hidden>
      <button type="button" data-zoom="in" aria-label="larger">+</button>
      <button type="button" data-zoom="out" aria-label="smaller">−</button>
      <button type="button" data-zoom="whole">whole</button>
      <button type="button" data-zoom="top">top</button>
    </div>
    <svg
      viewBox="0 0 ${size}"
      data-size="${size}"
      data-start="${number(startX)}"
      role="img"
      aria-label="${caption}"
      tabindex="0"
    >
      <g class="edges">${paths}</g>
      ${drawn}
    </svg>
    <figcaption>${caption + notes.join('')}</figcaption>
  </figure>`;
}

/** What there is to say of a box: operator and name, what it reads and gives, with types. */
export function linesOf({ label, node, key }: Box, graph: Graph): string[] {
  const typed = (name: string) => {
    const type = graph.types.get(name);
    return `${name}: ${type === undefined ? '?' : `${type.dtype}${printShape(type.shape)}`}`;
  };
  if (key.startsWith('repeats:')) return [label];
  if (node === null) return [`${key.startsWith('in:') ? 'input' : 'output'} ${typed(label)}`];
  return [
    `${node.domain === '' ? '' : `${node.domain}.`}${node.opType} ${node.name}`,
    ...inputsOf(node).map((name) => `reads ${typed(name)}`),
    ...node.outputs.filter((name) => name !== '').map((name) => `gives ${typed(name)}`),
  ];
}

const inputsOf = ({ inputs }: Node) => inputs.filter((name) => name !== '');

export const figureStyles = `
.graph svg { box-sizing: border-box; display: block; width: 100%; height: 70vh; border: 1px solid color-mix(in srgb, CanvasText 25%, Canvas); touch-action: none; cursor: grab; }
.graph .edges path { fill: none; stroke: color-mix(in srgb, CanvasText 45%, Canvas); stroke-width: 1.2; }
.graph rect { stroke: color-mix(in srgb, CanvasText 55%, Canvas); fill: Canvas; }
.graph .port rect { rx: 13px; stroke-dasharray: 3 2; }
.graph .painted rect, .swatch { fill: hsl(var(--hue) 70% 84%); background: hsl(var(--hue) 70% 84%); }
.graph text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: CanvasText; pointer-events: none; }
.graph .buttons { display: flex; gap: 0.3rem; margin-bottom: 0.3rem; }
.graph .buttons[hidden] { display: none; }
.swatch { display: inline-block; width: 0.9em; height: 0.9em; border: 1px solid; margin-right: 0.4em; vertical-align: -0.1em; }
@media (prefers-color-scheme: dark) { .graph .painted rect, .swatch { fill: hsl(var(--hue) 45% 30%); background: hsl(var(--hue) 45% 30%); } }
@media print {
  .graph .buttons { display: none; }
  .graph svg { height: 23cm; border: 0; }
  .graph .painted rect, .swatch { fill: hsl(var(--hue) 70% 84%); background: hsl(var(--hue) 70% 84%); print-color-adjust: exact; }
}
`;

/** Moves and scales each drawing by its viewBox: by the pointer, the wheel, buttons and keys. */
export const figureScript = `
for (const figure of document.querySelectorAll('figure.graph')) {
  const svg = figure.querySelector('svg');
  const [fullWidth, fullHeight] = svg.dataset.size.split(' ').map(Number);
  let view = [0, 0, fullWidth, fullHeight];
  const show = (next) => { view = next; svg.setAttribute('viewBox', view.join(' ')); };
  const scale = () => Math.min(svg.clientWidth / view[2], svg.clientHeight / view[3]);
  const whole = () => show([0, 0, fullWidth, fullHeight]);
  const top = () => {
    const width = svg.clientWidth;
    const wished = Number(svg.dataset.start) - width / 2;
    const left = width > fullWidth ? (fullWidth - width) / 2 : Math.max(0, Math.min(fullWidth - width, wished));
    show([left, 0, width, (width * svg.clientHeight) / svg.clientWidth]);
  };
  const zoom = (factor, at = [view[0] + view[2] / 2, view[1] + view[3] / 2]) =>
    show([at[0] + (view[0] - at[0]) * factor, at[1] + (view[1] - at[1]) * factor, view[2] * factor, view[3] * factor]);
  const place = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  const move = (x, y) => show([view[0] + x, view[1] + y, view[2], view[3]]);
  svg.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0015), place(event));
  }, { passive: false });
  let held = null;
  svg.addEventListener('pointerdown', (event) => {
    held = [event.clientX, event.clientY];
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener('pointermove', (event) => {
    if (held === null) return;
    move((held[0] - event.clientX) / scale(), (held[1] - event.clientY) / scale());
    held = [event.clientX, event.clientY];
  });
  for (const end of ['pointerup', 'pointercancel']) svg.addEventListener(end, () => { held = null; });
  const acts = { in: () => zoom(0.7), out: () => zoom(1 / 0.7), whole, top };
  for (const button of figure.querySelectorAll('button')) button.addEventListener('click', acts[button.dataset.zoom]);
  const keys = {
    '+': acts.in, '=': acts.in, '-': acts.out, 0: whole, Home: top,
    ArrowLeft: () => move(-view[2] / 10, 0), ArrowRight: () => move(view[2] / 10, 0),
    ArrowUp: () => move(0, -view[3] / 10), ArrowDown: () => move(0, view[3] / 10),
  };
  svg.addEventListener('keydown', (event) => {
    if (keys[event.key] === undefined) return;
    event.preventDefault();
    keys[event.key]();
  });
  figure.querySelector('.buttons').hidden = false;
  top();
  addEventListener('beforeprint', whole);
}
`;
