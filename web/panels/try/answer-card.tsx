/** One model's answer: the label, the probability on a scale from negative to positive, the time by stage. */
import type { ModelState, PredictionAnswer } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { milliseconds, percent } from '../../parts/format.js';
import { labelName } from '../../parts/labels.js';
import { Failure, Waiting } from '../../parts/notice.js';
import { StageBar } from './stage-bar.js';
import { type Answer, askAgain, explanations } from './review.js';
import { Words } from './words.js';

export function AnswerCard({
  model,
  answer,
}: {
  readonly model: ModelState;
  readonly answer: Answer | undefined;
}) {
  const { manifest } = model;
  return (
    <article class="card answer" aria-label={manifest.name}>
      <header class="card-head">
        <h2>
          {manifest.name} <span class="quiet">{manifest.version}</span>
        </h2>
        <span class="quiet">
          {answer?.kind === 'answered' ? milliseconds(answer.answer.timings.totalMs) : ''}
        </span>
      </header>
      <Body model={model} answer={answer} />
    </article>
  );
}

function Body({ model, answer }: { readonly model: ModelState; readonly answer: Answer | undefined }) {
  if (answer === undefined) return <Waiting title={text.value.server.connecting} />;
  if (answer.kind === 'failed') return <Failure failure={answer.failure} onRetry={askAgain} />;
  return <Reading model={model} answer={answer.answer} />;
}

function Reading({ model, answer }: { readonly model: ModelState; readonly answer: PredictionAnswer }) {
  const [result] = answer.results;
  if (result === undefined) return null;
  const { labels, calibration } = model.manifest;
  const words = text.value.try;
  const [negative = '', positive = ''] = labels;
  const attributions = explanations.value.get(model.manifest.name);
  const positiveShare = result.label === positive ? result.score : 1 - result.score;
  return (
    <>
      <p class={`label label-${result.label}`}>
        <strong>{labelName(result.label)}</strong>
        <span class="score">{percent(result.score)}</span>
      </p>
      <div class="scale" aria-hidden="true">
        <span style={{ left: `${String(positiveShare * 100)}%` }} />
      </div>
      <p class="scale-ends quiet">
        <span>{labelName(negative)}</span>
        <span>{calibration === null ? words.uncalibrated : words.calibrated}</span>
        <span>{labelName(positive)}</span>
      </p>
      {attributions === undefined ? null : (
        <Words attributions={attributions} label={result.label} labels={labels} />
      )}
      <StageBar timings={answer.timings} />
    </>
  );
}
