import { useState } from 'preact/hooks';
import { text } from '../../i18n/index.js';
import { Failure } from '../../parts/notice.js';
import { number } from '../../parts/format.js';
import { saveFile } from '../../parts/save-file.js';
import { models, server } from '../../shell/server-state.js';
import { csvOf, reviewsOf } from './batch.js';
import { clearBatch, progress, rows, startBatch, stopBatch } from './batch-run.js';
import { BatchTable } from './batch-table.js';

/** What was dropped: not shown in the field, where megabytes would stall it. */
interface Dropped {
  readonly name: string;
  readonly reviews: readonly string[];
}

export function BatchSection() {
  const words = text.value.batch;
  const [typed, setTyped] = useState('');
  const [dropped, setDropped] = useState<Dropped | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const reviews = dropped?.reviews ?? reviewsOf(typed);

  const take = async (file: File) => {
    setProblem(null);
    try {
      const content = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
      setDropped({ name: file.name, reviews: reviewsOf(content) });
    } catch {
      setProblem(words.unreadable);
    }
  };
  const clear = () => {
    setTyped('');
    setDropped(null);
    clearBatch();
  };
  return (
    <section class="section" aria-labelledby="batch-title">
      <h2 id="batch-title">{words.title}</h2>
      <p class="lead">{words.lead}</p>
      {dropped === null ? (
        <Lines
          typed={typed}
          onTyped={setTyped}
          onPasted={(pasted) => setDropped({ name: words.pasted, reviews: reviewsOf(pasted) })}
          onFile={(file) => void take(file)}
        />
      ) : (
        <p class="dropped">{words.fromFile(dropped.name, dropped.reviews.length)}</p>
      )}
      {problem === null ? null : (
        <p class="wrong" role="alert">
          {problem}
        </p>
      )}
      <Controls reviews={reviews} onClear={clear} />
      <BatchTable />
    </section>
  );
}

/** A paste longer than this becomes a file. */
const longestTyped = 200_000;

interface LinesProps {
  readonly typed: string;
  readonly onTyped: (value: string) => void;
  readonly onPasted: (value: string) => void;
  readonly onFile: (file: File) => void;
}

function Lines({ typed, onTyped, onPasted, onFile }: LinesProps) {
  const words = text.value.batch;
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) onFile(file);
  };
  return (
    <div
      class={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <label for="lines">{words.lines}</label>
      <textarea
        id="lines"
        rows={4}
        lang="zh-CN"
        spellcheck={false}
        value={typed}
        onInput={({ currentTarget }) => onTyped(currentTarget.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData?.getData('text/plain') ?? '';
          if (pasted.length <= longestTyped) return;
          event.preventDefault();
          onPasted(pasted);
        }}
      />
      <p class="quiet drop-file">
        {words.drop}{' '}
        <label class="file">
          <input
            type="file"
            accept=".txt,.csv,.tsv,text/plain"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0];
              if (file !== undefined) onFile(file);
            }}
          />
          <span>{words.choose}</span>
        </label>
      </p>
    </div>
  );
}

function Controls({
  reviews,
  onClear,
}: {
  readonly reviews: readonly string[];
  readonly onClear: () => void;
}) {
  const words = text.value.batch;
  const [chosen, setChosen] = useState('');
  const state = server.value;
  const served = models.value.map(({ manifest }) => manifest.name);
  const model = served.includes(chosen) ? chosen : served[0];
  const start = () => {
    if (state.kind !== 'ready' || model === undefined) return;
    const { limits } = state;
    void startBatch(reviews, { model, limits, tooLong: words.lineTooLong(limits.textCharacters) });
  };
  const now = progress.value;
  const running = now.kind === 'running';
  return (
    <div class="controls">
      {served.length > 1 ? (
        <label class="inline">
          {text.value.try.model}
          <select
            value={model}
            disabled={running}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          >
            {served.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ) : null}
      {running ? (
        <button type="button" class="button" onClick={stopBatch}>
          {words.stop}
        </button>
      ) : (
        <button
          type="button"
          class="button button-main"
          disabled={reviews.length === 0 || state.kind !== 'ready'}
          onClick={start}
        >
          {words.run(reviews.length)}
        </button>
      )}
      {reviews.length > 0 && !running ? (
        <button type="button" class="button button-plain" onClick={onClear}>
          {words.clear}
        </button>
      ) : null}
      {running ? (
        <div class="progress">
          <progress aria-label={words.title} max={now.total} value={now.done} />
          <span class="quiet">{words.progress(now.done, now.total, number(now.rowsPerSecond))}</span>
        </div>
      ) : null}
      {now.kind === 'ended' && rows.length > 0 ? (
        <button
          type="button"
          class="button"
          onClick={() => saveFile('retort.csv', 'text/csv;charset=utf-8', csvOf(rows))}
        >
          {words.save}
        </button>
      ) : null}
      {now.kind === 'ended' && now.failure !== null ? (
        <Failure failure={now.failure} onRetry={start} />
      ) : null}
    </div>
  );
}
