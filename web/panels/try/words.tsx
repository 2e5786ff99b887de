/** A review's words, coloured by how far the answer moves without them. */
import { text } from '../../i18n/index.js';
import { number } from '../../parts/format.js';
import type { Explanation } from './review.js';

interface WordsProps {
  readonly title: string;
  /** A positive weight speaks for its label. */
  readonly explanation: Explanation;
  /** Both labels, negative first. */
  readonly labels: readonly string[];
}

export function Words({ title, explanation: { attributions, label }, labels }: WordsProps) {
  const words = text.value.try;
  const heaviest = Math.max(1e-3, ...attributions.map(({ weight }) => Math.abs(weight)));
  const other = labels.find((one) => one !== label) ?? '';
  return (
    <figure class="words">
      <figcaption>
        <span>{title}</span> <span class="quiet">{words.wordsHint}</span>
      </figcaption>
      <p lang="zh-CN">
        {attributions.map(({ text: word, weight }, place) => {
          const share = Math.abs(weight) / heaviest;
          const speaksFor = weight >= 0 ? label : other;
          // Below a tenth of the heaviest a word says nothing worth a colour.
          if (share < 0.1) return <span key={place}>{word}</span>;
          return (
            <mark
              key={place}
              class={`word-${speaksFor}`}
              style={{ '--share': share.toFixed(2) }}
              title={words.wordWeight(word, number(weight * 100, 1))}
            >
              {word}
            </mark>
          );
        })}
      </p>
    </figure>
  );
}
