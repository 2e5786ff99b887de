/** The graph of a model before and after fusion, drawn by the server when it is wanted. */
import { useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../../api/client.js';
import { type GraphDrawing, type GraphDrawings, graphsOf } from '../../api/graphs.js';
import type { Manifest } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { Empty, Failure, Waiting } from '../../parts/notice.js';
import { Drawing } from './graph-drawing.js';
import { hueOf } from './hue.js';

type State =
  | { readonly kind: 'closed' | 'drawing' }
  | { readonly kind: 'drawn'; readonly drawings: GraphDrawings }
  | { readonly kind: 'failed'; readonly failure: RequestFailure };

export function Graphs({ manifest }: { readonly manifest: Manifest }) {
  const words = text.value.models.graph;
  const [state, setState] = useState<State>({ kind: 'closed' });
  const draw = () => {
    setState({ kind: 'drawing' });
    graphsOf(manifest).then(
      (drawings) => setState({ kind: 'drawn', drawings }),
      (thrown: unknown) => setState({ kind: 'failed', failure: asFailure(thrown) }),
    );
  };
  return (
    <details
      onToggle={({ currentTarget }) => {
        if (currentTarget.open && state.kind === 'closed') draw();
      }}
    >
      <summary>{words.title}</summary>
      {state.kind === 'drawing' ? <Waiting title={words.waiting}>{words.waitingText}</Waiting> : null}
      {state.kind === 'failed' ? <Failure failure={state.failure} onRetry={draw} /> : null}
      {state.kind === 'drawn' ? <Pair drawings={state.drawings} name={manifest.name} /> : null}
    </details>
  );
}

type Side = 'before' | 'after';

function Pair({ drawings, name }: { readonly drawings: GraphDrawings; readonly name: string }) {
  const words = text.value.models.graph;
  const [side, setSide] = useState<Side>('after');
  const shown = drawings[side];
  return (
    <div class="stack">
      <fieldset class="inline">
        <legend class="quiet">{words.which}</legend>
        {(['before', 'after'] as const).map((one) => (
          <label key={one} class="inline">
            <input type="radio" name={`graph-${name}`} checked={side === one} onChange={() => setSide(one)} />
            {words[one](operatorsOf(drawings[one]))}
          </label>
        ))}
      </fieldset>
      {shown === null ? (
        <Empty title={words.importedTitle}>{words.importedText}</Empty>
      ) : (
        <>
          <Legend drawing={shown} rules={drawings.rules} side={side} />
          <Drawing
            drawing={shown}
            rules={drawings.rules}
            label={`${name}: ${words[side](operatorsOf(shown))}`}
            origin={side === 'before' ? words.takenOutBy : words.madeBy}
          />
        </>
      )}
    </div>
  );
}

function operatorsOf(drawing: GraphDrawing | null): number | null {
  return drawing === null ? null : drawing.nodes.filter(({ kind }) => kind === 'node').length + drawing.left;
}

function Legend({
  drawing,
  rules,
  side,
}: {
  readonly drawing: GraphDrawing;
  readonly rules: readonly string[];
  readonly side: Side;
}) {
  const words = text.value.models.graph;
  const counts = rules.map((_, place) => drawing.nodes.filter(({ rule }) => rule === place).length);
  if (counts.every((count) => count === 0)) return <p class="quiet">{words.noRule}</p>;
  return (
    <ul class="graph-legend" aria-label={side === 'before' ? words.takenOut : words.made}>
      {rules.map((rule, place) =>
        counts[place] === 0 ? null : (
          <li key={rule}>
            <span
              class="graph-swatch"
              aria-hidden="true"
              style={{ '--hue': String(hueOf(place, rules.length)) }}
            />
            {words.rule(rule, counts[place] ?? 0)}
          </li>
        ),
      )}
    </ul>
  );
}
