/** One model's answer: the label, the probability on a scale from negative to positive, the time by stage. */
import type { ModelState, PredictionAnswer } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { milliseconds, percent } from '../../parts/format.js';
import { labelName } from '../../parts/labels.js';
import { Failure, Waiting } from '../../parts/notice.js';
import { review } from '../../shell/review-text.js';
import { models } from '../../shell/server-state.js';
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
  const answered = answer?.kind === 'answered' ? answer.answer : null;
  const isPending = answer !== undefined && answer.text !== review.value;
  const time = answered === null ? '' : milliseconds(answered.timings.totalMs);
  return (
    <article class="card answer" aria-label={manifest.name} aria-busy={isPending}>
      <header class="card-head">
        <h2>
          {manifest.name} <span class="quiet">{answered?.version ?? manifest.version}</span>
        </h2>
        <span class="quiet">{isPending ? text.value.try.pending : time}</span>
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
  const { name } = model.manifest;
  const { answered_by: teacher } = result;
  const answerer = models.value.find(({ manifest }) => manifest.name === teacher) ?? model;
  const { labels, calibration } = answerer.manifest;
  const words = text.value.try;
  const [negative = '', positive = ''] = labels;
  const explanation = explanations.value.get(name);
  const positiveShare = result.label === positive ? result.score : 1 - result.score;
  return (
    <>
      <p class={`label label-${result.label}`}>
        <strong>{labelName(result.label)}</strong>
        <span class="score">{percent(result.score)}</span>
      </p>
      {teacher === undefined ? null : <p class="quiet">{words.answeredBy(teacher, name)}</p>}
      <div class="scale" aria-hidden="true">
        <span style={{ left: `${String(positiveShare * 100)}%` }} />
      </div>
      <p class="scale-ends quiet">
        <span>{labelName(negative)}</span>
        <span>{calibration === null ? words.uncalibrated : words.calibrated}</span>
        <span>{labelName(positive)}</span>
      </p>
      {explanation === undefined ? null : (
        <Words
          title={teacher === undefined ? words.words : words.ownWords(name, labelName(explanation.label))}
          explanation={explanation}
          labels={model.manifest.labels}
        />
      )}
      <StageBar timings={answer.timings} />
    </>
  );
}
