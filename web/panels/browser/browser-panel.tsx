import { useEffect, useState } from 'preact/hooks';
import type { ModelState } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { mebibytes, number } from '../../parts/format.js';
import { Empty, Failure } from '../../parts/notice.js';
import { models } from '../../shell/server-state.js';
import { availableEngines, availableThreads } from './browser-model.js';
import { candidates } from './candidates.js';
import { Comparison } from './comparison.js';
import { closeReplaced, loadInBrowser, loadState } from './state.js';
import type { Engine } from './worker-protocol.js';

export function BrowserPanel() {
  const words = text.value.browser;
  return (
    <section class="section" aria-labelledby="browser-title">
      <h1 id="browser-title">{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <Content />
    </section>
  );
}

function Content() {
  const words = text.value.browser;
  const [served] = models.value;
  const [engine, setEngine] = useState<Engine>('wasm');
  const state = loadState.value;
  const load = () => {
    if (served !== undefined) void loadInBrowser(served, engine);
  };
  useEffect(() => {
    if (served !== undefined) closeReplaced(served);
  }, [served, state]);
  switch (state.kind) {
    case 'idle':
      return served === undefined ? (
        <Empty title={words.noModelTitle}>{words.noModelText}</Empty>
      ) : (
        <Offer served={served} engine={engine} onEngine={setEngine} onLoad={load} />
      );
    case 'loading':
      return (
        <div class="card" role="status">
          <p class="card-title">{state.cached ? words.fromCache : words.loading}</p>
          <div class="progress">
            <progress aria-label={words.loading} max={state.total} value={state.received} />
            <span class="quiet">
              {mebibytes(state.received)} / {mebibytes(state.total)}
            </span>
          </div>
        </div>
      );
    case 'failed':
      return <Failure failure={state.failure} onRetry={load} />;
    case 'ready':
      return <Comparison {...state} />;
  }
}

interface OfferProps {
  readonly served: ModelState;
  readonly engine: Engine;
  readonly onEngine: (engine: Engine) => void;
  readonly onLoad: () => void;
}

function Offer({ served, engine, onEngine, onLoad }: OfferProps) {
  const words = text.value.browser;
  const [engines, setEngines] = useState<readonly Engine[]>(['wasm']);
  useEffect(() => {
    void availableEngines().then(setEngines);
  }, []);
  const { name, version, files } = served.manifest;
  const [variant] = candidates(served);
  const bytes = files.find(({ path }) => path === variant?.file)?.bytes ?? 0;
  const threads = availableThreads();
  return (
    <div class="card offer">
      <p>
        <strong>
          {name} {version}
        </strong>{' '}
        <span class="quiet">{words.offer(variant?.precision ?? '', mebibytes(bytes))}</span>
      </p>
      <p class="quiet">{threads > 1 ? words.threads(number(threads)) : words.oneThread}</p>
      <div class="controls">
        {engines.length > 1 ? (
          <label class="inline">
            {words.engine}
            <select value={engine} onChange={({ currentTarget }) => onEngine(currentTarget.value as Engine)}>
              {engines.map((one) => (
                <option key={one} value={one}>
                  {words.engines[one]}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <button type="button" class="button button-main" onClick={onLoad}>
          {words.load}
        </button>
      </div>
    </div>
  );
}
