/** A drawn graph that is moved, scaled and walked through, by pointer and by keys. */
import { memo } from 'preact/compat';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DrawnNode, GraphDrawing } from '../../api/graphs.js';
import { text } from '../../i18n/index.js';
import { hueOf } from './hue.js';
import { beginning, centred, moved, type View, whole, zoomed } from './view.js';

/** Of what is seen, a step of `+`. */
const step = 0.7;

interface Props {
  readonly drawing: GraphDrawing;
  readonly rules: readonly string[];
  readonly label: string;
  /** What a rule did to a node of this graph, in words. */
  readonly origin: (rule: string) => string;
}

export function Drawing({ drawing, rules, label, origin }: Props) {
  const words = text.value.models.graph;
  const svg = useRef<SVGSVGElement>(null);
  const [view, setView] = useState<View>(whole(drawing));
  const [chosen, setChosen] = useState<number | null>(null);
  const held = useRef<{ readonly x: number; readonly y: number } | null>(null);
  const toBeginning = () => {
    const element = svg.current;
    if (element === null) return;
    const window = { width: element.clientWidth, height: element.clientHeight };
    setView(beginning(window, drawing, drawing.nodes[0]));
  };
  useEffect(() => {
    setChosen(null);
    toBeginning();
  }, [drawing]);
  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { clientX: x, clientY: y } = event;
      const matrix = element.getScreenCTM()?.inverse();
      if (matrix === undefined) return;
      const at = new DOMPoint(x, y).matrixTransform(matrix);
      setView((seen) => zoomed(seen, Math.exp(event.deltaY * 0.0015), at));
    };
    // The wheel would scroll the page too; a listener that may prevent that cannot be passive.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
  const walk = (by: number) => {
    const count = drawing.nodes.length;
    const next = ((chosen ?? (by > 0 ? -1 : count)) + by + count) % count;
    const node = drawing.nodes[next];
    setChosen(next);
    if (node !== undefined) setView((seen) => centred(seen, node));
  };
  const larger = () => setView((seen) => zoomed(seen, step));
  const smaller = () => setView((seen) => zoomed(seen, 1 / step));
  const toWhole = () => setView(whole(drawing));
  const pan = (x: number, y: number) =>
    setView((seen) => moved(seen, (x * seen.width) / 10, (y * seen.height) / 10));
  const keys: Readonly<Partial<Record<string, () => void>>> = {
    '+': larger,
    '=': larger,
    '-': smaller,
    '0': toWhole,
    Home: toBeginning,
    ArrowLeft: () => pan(-1, 0),
    ArrowRight: () => pan(1, 0),
    ArrowUp: () => pan(0, -1),
    ArrowDown: () => pan(0, 1),
    n: () => walk(1),
    p: () => walk(-1),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const onPointerMove = ({ clientX: x, clientY: y }: PointerEvent) => {
    const from = held.current;
    const scale = svg.current?.getScreenCTM()?.a;
    if (from === null || scale === undefined) return;
    held.current = { x, y };
    setView((seen) => moved(seen, (from.x - x) / scale, (from.y - y) / scale));
  };
  const letGo = () => {
    held.current = null;
  };
  const node = chosen === null ? undefined : drawing.nodes[chosen];
  const rule = node?.rule == null ? undefined : rules[node.rule];
  return (
    <div class="graph">
      <div class="controls">
        <button type="button" class="button" aria-label={words.larger} onClick={larger}>
          +
        </button>
        <button type="button" class="button" aria-label={words.smaller} onClick={smaller}>
          −
        </button>
        <button type="button" class="button" onClick={toWhole}>
          {words.whole}
        </button>
        <button type="button" class="button" onClick={toBeginning}>
          {words.top}
        </button>
      </div>
      <svg
        ref={svg}
        role="application"
        tabindex={0}
        aria-label={`${label}. ${words.keys}`}
        viewBox={`${view.left} ${view.top} ${view.width} ${view.height}`}
        onKeyDown={onKeyDown}
        onPointerDown={({ clientX: x, clientY: y, pointerId, currentTarget }) => {
          held.current = { x, y };
          currentTarget.setPointerCapture(pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={letGo}
        onPointerCancel={letGo}
      >
        <Picture drawing={drawing} rules={rules} />
        {node === undefined ? null : <rect class="graph-chosen" {...corner(node)} />}
      </svg>
      <p class="quiet">{words.keys}</p>
      <div role="status" class="graph-node">
        {node === undefined ? null : (
          <ul>
            {[...node.lines, ...(rule === undefined ? [] : [origin(rule)])].map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </div>
      {drawing.left === 0 ? null : <p class="quiet">{words.left(drawing.nodes.length, drawing.left)}</p>}
    </div>
  );
}

function corner({ x, y, width, height }: DrawnNode) {
  return { x: x - width / 2, y: y - height / 2, width, height, rx: 4 };
}

/** Does not change while the view does. */
const Picture = memo(function Picture({ drawing, rules }: Pick<Props, 'drawing' | 'rules'>) {
  return (
    <g>
      {drawing.edges.map((points, place) => (
        <polyline key={place} points={points.join(' ')} />
      ))}
      {drawing.nodes.map((node, place) => (
        <g
          key={place}
          class={node.rule !== null ? 'graph-painted' : `graph-${node.kind}`}
          style={node.rule === null ? {} : { '--hue': String(hueOf(node.rule, rules.length)) }}
        >
          <title>{node.lines.join('\n')}</title>
          <rect {...corner(node)} />
          <text x={node.x} y={node.y + 4}>
            {node.label}
          </text>
        </g>
      ))}
    </g>
  );
});
