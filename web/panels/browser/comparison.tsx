/** One text, run here and on the server: words, logits, times. */
import { useEffect, useState } from 'preact/hooks';
import { asFailure, type RequestFailure } from '../../api/client.js';
import { text } from '../../i18n/index.js';
import { milliseconds, number, timeSpent } from '../../parts/format.js';
import { labelName } from '../../parts/labels.js';
import { Failure } from '../../parts/notice.js';
import { isReadable, review } from '../../shell/review-text.js';
import { runSideBySide, type SideBySide } from './side-by-side.js';
import type { LoadState } from './state.js';
import { largestDifference, type Verdict, verdictOf } from './verdict.js';

/** Runs a side. */
const runs = 20;

type Ready = Omit<Extract<LoadState, { readonly kind: 'ready' }>, 'kind'>;

export function Comparison(ready: Ready) {
  const { model, served, variant, refusal } = ready;
  const words = text.value.browser;
  const [done, setDone] = useState<number | null>(null);
  const [found, setFound] = useState<SideBySide | null>(null);
  const [failure, setFailure] = useState<RequestFailure | null>(null);
  const run = () => {
    setFailure(null);
    setDone(0);
    runSideBySide(model, served.manifest, review.value, runs, setDone)
      .then(setFound, (thrown: unknown) => setFailure(asFailure(thrown)))
      .finally(() => setDone(null));
  };
  const canRun = isReadable(review.value);
  useEffect(() => {
    if (canRun) run();
  }, [model]);
  return (
    <div class="stack">
      {refusal === null ? null : (
        <p class="quiet">
          {words.instead(served.precision, variant.precision)} <code>{refusal.message}</code>
        </p>
      )}
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <label for="browser-review">{text.value.try.review}</label>
        <textarea
          id="browser-review"
          rows={2}
          lang="zh-CN"
          spellcheck={false}
          value={review.value}
          onInput={({ currentTarget }) => {
            review.value = currentTarget.value;
          }}
        />
        <div class="controls">
          <button type="submit" class="button button-main" disabled={done !== null || !canRun}>
            {words.run}
          </button>
          {done === null ? null : (
            <div class="progress">
              <progress aria-label={words.run} max={runs} value={done} />
            </div>
          )}
        </div>
      </form>
      {failure === null ? null : <Failure failure={failure} {...(canRun ? { onRetry: run } : {})} />}
      {found === null || failure !== null ? null : <Table found={found} ready={ready} />}
    </div>
  );
}

function VerdictLine({ verdict, difference }: { readonly verdict: Verdict; readonly difference: number }) {
  const words = text.value.browser;
  const isFor = verdict.kind === 'other_variant' ? verdict.sameLabel : verdict.kind === 'same';
  return (
    <p class={isFor ? 'verdict' : 'verdict verdict-against'} role="status">
      {verdict.kind === 'other_variant' ? words.otherVariant(verdict.sameLabel) : words[verdict.kind]}{' '}
      {words.difference(difference.toExponential(1))}{' '}
      {verdict.kind === 'other_variant' ? null : words.tolerance(String(verdict.tolerance))}
    </p>
  );
}

function Table({ found, ready }: { readonly found: SideBySide; readonly ready: Ready }) {
  const words = text.value.browser;
  const { browser, server, tokens } = found;
  const { served, variant, engine, tolerance } = ready;
  const sides = { browser: browser.logits, server: server.logits };
  return (
    <>
      <VerdictLine verdict={verdictOf(sides, tolerance)} difference={largestDifference(sides)} />
      <div class="table-scroll" role="region" tabIndex={0} aria-label={text.value.figures}>
        <table>
          <thead>
            <tr>
              <td />
              <th scope="col" class="number">
                {words.here(words.ran[engine], variant.precision)}
              </th>
              <th scope="col" class="number">
                {words.server(served.precision)}
              </th>
            </tr>
          </thead>
          <tbody>
            {served.manifest.labels.map((label, k) => (
              <Line
                key={label}
                name={words.logit(labelName(label))}
                here={number(browser.logits[k] ?? NaN, 5)}
                there={number(server.logits[k] ?? NaN, 5)}
              />
            ))}
            <Line name={words.infer} here={milliseconds(browser.inferMs)} there={timeSpent(server.inferMs)} />
            <Line
              name={words.total}
              here={milliseconds(browser.totalMs)}
              there={milliseconds(server.totalMs)}
            />
          </tbody>
        </table>
      </div>
      <p class="quiet">{words.conditions(found.runs, tokens.ids.length)}</p>
      <div>
        <h2>{words.segments}</h2>
        <p class="quiet">{words.segmentedBy(tokens.segmenter)}</p>
        <ol class="pieces" lang="zh-CN">
          {tokens.pieces.map((piece, place) => (
            <li key={place}>
              <span>{piece}</span> <small>{tokens.ids[place]}</small>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}

function Line({
  name,
  here,
  there,
}: {
  readonly name: string;
  readonly here: string;
  readonly there: string;
}) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{here}</td>
      <td class="number">{there}</td>
    </tr>
  );
}
