import { useState } from 'preact/hooks';
import { text } from '../../i18n/index.js';
import { Failure } from '../../parts/notice.js';
import { number } from '../../parts/format.js';
import { saveFile } from '../../parts/save-file.js';
import { models, server } from '../../shell/server-state.js';
import { csvOf } from './batch.js';
import {
  chosenModel,
  clearInput,
  drop,
  dropFile,
  dropped,
  isUnreadable,
  reviews,
  typed,
} from './batch-input.js';
import { clearBatch, progress, resumeBatch, rows, startBatch, stopBatch } from './batch-run.js';
import { BatchTable } from './batch-table.js';

export function BatchSection() {
  const words = text.value.batch;
  const file = dropped.value;
  return (
    <section class="section" aria-labelledby="batch-title">
      <h2 id="batch-title">{words.title}</h2>
      <p class="lead">{words.lead}</p>
      {file === null ? <Lines /> : <p class="dropped">{words.fromFile(file.name, file.reviews.length)}</p>}
      {isUnreadable.value ? (
        <p class="wrong" role="alert">
          {words.unreadable}
        </p>
      ) : null}
      <Controls />
      <BatchTable />
    </section>
  );
}

/** A paste longer than this becomes a file. */
const longestTyped = 200_000;

function Lines() {
  const words = text.value.batch;
  const [over, setOver] = useState(false);
  const take = (file: File | undefined) => {
    if (file !== undefined) void dropFile(file);
  };
  return (
    <div
      class={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      <label for="lines">{words.lines}</label>
      <textarea
        id="lines"
        rows={4}
        lang="zh-CN"
        spellcheck={false}
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
        onPaste={(event) => {
          const pasted = event.clipboardData?.getData('text/plain') ?? '';
          if (pasted.length <= longestTyped) return;
          event.preventDefault();
          drop(words.pasted, pasted);
        }}
      />
      <p class="quiet drop-file">
        {words.drop}{' '}
        <label class="file">
          <input
            type="file"
            accept=".txt,.csv,.tsv,text/plain"
            onChange={({ currentTarget }) => take(currentTarget.files?.[0])}
          />
          <span>{words.choose}</span>
        </label>
      </p>
    </div>
  );
}

function Controls() {
  const words = text.value.batch;
  const state = server.value;
  const served = models.value.map(({ manifest }) => manifest.name);
  const model = served.includes(chosenModel.value) ? chosenModel.value : served[0];
  const { length: count } = reviews.value;
  const start = () => {
    if (state.kind !== 'ready' || model === undefined) return;
    const { limits } = state;
    const tooLong = words.lineTooLong(limits.textCharacters);
    void startBatch({ reviews: reviews.value, model, limits, tooLong });
  };
  const clear = () => {
    clearInput();
    clearBatch();
  };
  const now = progress.value;
  const running = now.kind === 'running';
  const isFilled = dropped.value !== null || typed.value !== '' || rows.length > 0;
  return (
    <div class="controls">
      {served.length > 1 ? (
        <label class="inline">
          {text.value.try.model}
          <select
            value={model}
            disabled={running}
            onChange={({ currentTarget }) => {
              chosenModel.value = currentTarget.value;
            }}
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
          disabled={count === 0 || state.kind !== 'ready'}
          onClick={start}
        >
          {words.run(count)}
        </button>
      )}
      {isFilled && !running ? (
        <button type="button" class="button button-plain" onClick={clear}>
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
        <Failure failure={now.failure} onRetry={() => void resumeBatch()} />
      ) : null}
    </div>
  );
}
