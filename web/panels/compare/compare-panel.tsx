import { useEffect, useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../../api/client.js';
import { compareNow, type ComparisonRun, type ComparisonSummary, liveComparison } from '../../api/compare.js';
import { text } from '../../i18n/index.js';
import { Empty, Failure, Waiting } from '../../parts/notice.js';
import { examples, isReadable, review } from '../../shell/review-text.js';
import { models } from '../../shell/server-state.js';
import { Pairs } from './pairs.js';
import { Summary } from './summary.js';

export function ComparePanel() {
  const words = text.value.compare;
  return (
    <>
      <section class="section" aria-labelledby="compare-title">
        <h1 id="compare-title">{words.title}</h1>
        <p class="lead">{words.lead}</p>
        <OnTheSpot />
      </section>
      <section class="section" aria-labelledby="live-title">
        <h2 id="live-title">{words.liveTitle}</h2>
        <p class="lead">{words.liveLead}</p>
        <Live />
      </section>
    </>
  );
}

/** Runs of each text: a comparison takes a few seconds at most. */
const runs = 10;

function OnTheSpot() {
  const words = text.value.compare;
  const [found, setFound] = useState<ComparisonRun | null>(null);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const [running, setRunning] = useState(false);
  const [model] = models.value;
  const own = isReadable(review.value) && !examples.includes(review.value) ? [review.value] : [];
  const texts = [...own, ...examples].slice(0, 5);
  const run = () => {
    if (model === undefined) return;
    setFailure(null);
    setRunning(true);
    compareNow({ texts, runs, model: model.manifest.name })
      .then(setFound, (thrown: unknown) => setFailure(asFailure(thrown)))
      .finally(() => setRunning(false));
  };
  return (
    <div class="stack">
      <div class="controls">
        <button
          type="button"
          class="button button-main"
          disabled={running || model === undefined}
          onClick={run}
        >
          {words.run}
        </button>
        <span class="quiet">{words.runs(texts.length, runs)}</span>
      </div>
      {failure === null ? null : <Failure failure={failure} onRetry={run} />}
      {running ? <Waiting title={words.running} /> : null}
      {!running && found !== null ? (
        <>
          <Summary summary={found.summary} />
          <Pairs pairs={found.pairs} />
        </>
      ) : null}
      {!running && found === null && failure === null ? (
        <Empty title={words.emptyTitle}>{words.emptyText}</Empty>
      ) : null}
    </div>
  );
}

/** Milliseconds between two looks. */
const interval = 2000;

function Live() {
  const words = text.value.compare;
  const [summaries, setSummaries] = useState<Readonly<Record<string, ComparisonSummary>> | null>(null);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  useEffect(() => {
    const look = () => {
      liveComparison().then(
        (found) => {
          setSummaries(found);
          setFailure(null);
        },
        (thrown: unknown) => setFailure(asFailure(thrown)),
      );
    };
    look();
    const timer = setInterval(look, interval);
    return () => clearInterval(timer);
  }, []);
  if (failure?.code === 'comparison_off') {
    return (
      <Empty title={words.offTitle}>
        <p>{words.offText}</p>
        <pre tabIndex={0}>npx retort serve --compare-eager 0.05</pre>
      </Empty>
    );
  }
  if (failure !== null) return <Failure failure={failure} />;
  if (summaries === null) return <Waiting title={text.value.opening} />;
  const sampled = Object.entries(summaries);
  if (sampled.length === 0) return <Empty title={words.noSamplesTitle}>{words.noSamplesText}</Empty>;
  return (
    <div class="stack">
      {sampled.map(([model, summary]) => (
        <div key={model}>
          <h3>{model}</h3>
          <Summary summary={summary} />
        </div>
      ))}
    </div>
  );
}
