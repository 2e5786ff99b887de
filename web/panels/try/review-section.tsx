import { useEffect, useState } from 'preact/hooks';
import { text } from '../../i18n/index.js';
import { Empty, Waiting } from '../../parts/notice.js';
import { characterLimit, examples, isReadable, review } from '../../shell/review-text.js';
import { linkTo } from '../../shell/route.js';
import { models, server } from '../../shell/server-state.js';
import { AnswerCard } from './answer-card.js';
import { type Answer, answers, followReview } from './review.js';

export function ReviewSection() {
  const words = text.value.try;
  useEffect(followReview, []);
  return (
    <section class="section" aria-labelledby="try-title">
      <h1 id="try-title">{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <div class="split">
        <div class="stack">
          <ReviewField />
          <Examples />
        </div>
        <div class="stack" aria-live="polite">
          <Answers />
        </div>
      </div>
    </section>
  );
}

function ReviewField() {
  const words = text.value.try;
  const limit = characterLimit();
  const { length } = review.value;
  const tooLong = limit !== null && length > limit;
  return (
    <div class="field">
      <label for="review">{words.review}</label>
      <textarea
        id="review"
        rows={6}
        lang="zh-CN"
        spellcheck={false}
        placeholder={words.placeholder}
        value={review.value}
        aria-describedby="review-note"
        aria-invalid={tooLong}
        onInput={({ currentTarget }) => {
          review.value = currentTarget.value;
        }}
      />
      <div class="field-foot">
        <p id="review-note" class={tooLong ? 'wrong' : 'quiet'}>
          {tooLong ? words.tooLong(length, limit) : words.characters(length)}
        </p>
        <CopyLink />
      </div>
    </div>
  );
}

function CopyLink() {
  const words = text.value.try;
  const [said, setSaid] = useState<'copyLink' | 'copied' | 'notCopied'>('copyLink');
  const copy = async () => {
    // The address lacks the review where another panel was shown since it was read.
    const link = new URL(linkTo('try', { text: review.value }), location.href).href;
    const outcome = await navigator.clipboard.writeText(link).then(
      () => 'copied' as const,
      () => 'notCopied' as const,
    );
    setSaid(outcome);
    setTimeout(() => setSaid('copyLink'), 1500);
  };
  // The clipboard is there for localhost and https alone.
  const disabled = !isReadable(review.value) || !('clipboard' in navigator);
  return (
    <button type="button" class="button button-plain" disabled={disabled} onClick={() => void copy()}>
      {words[said]}
    </button>
  );
}

function Examples() {
  return (
    <div role="group" aria-label={text.value.try.examples} class="chips" lang="zh-CN">
      {examples.map((example) => (
        <button
          type="button"
          class="chip"
          aria-pressed={review.value === example}
          onClick={() => {
            review.value = example;
          }}
        >
          {example}
        </button>
      ))}
    </div>
  );
}

function Answers() {
  const words = text.value;
  if (server.value.kind === 'connecting') return <Waiting title={words.server.connecting} />;
  if (server.value.kind === 'offline')
    return <Empty title={words.server.offlineTitle}>{words.server.offlineText}</Empty>;
  if (!isReadable(review.value) || models.value.length === 0)
    return <Empty title={words.try.emptyTitle}>{words.try.emptyText}</Empty>;
  const served = models.value;
  return (
    <>
      {served.map((model) => (
        <AnswerCard key={model.manifest.name} model={model} answer={answers.value.get(model.manifest.name)} />
      ))}
      {served.length === 1 ? <NoTeacher /> : <Agreement />}
    </>
  );
}

function NoTeacher() {
  const words = text.value.try;
  return (
    <div class="aside">
      <p>
        <strong>{words.noTeacherTitle}.</strong> {words.noTeacherText}
      </p>
      <pre tabIndex={0}>npx retort serve --models student,teacher</pre>
    </div>
  );
}

function Agreement() {
  const words = text.value.try;
  const labels = models.value.map(({ manifest }) => ownLabel(answers.value.get(manifest.name)));
  if (labels.includes(undefined)) return null;
  const agree = new Set(labels).size === 1;
  return <p class={agree ? 'verdict' : 'verdict verdict-against'}>{agree ? words.agree : words.disagree}</p>;
}

/** That the model itself gave to the review in the field: a teacher that answered for it would agree with itself. */
function ownLabel(answer: Answer | undefined): string | undefined {
  if (answer?.kind !== 'answered' || answer.text !== review.value) return undefined;
  const [result] = answer.answer.results;
  return result?.answered_by === undefined ? result?.label : undefined;
}
