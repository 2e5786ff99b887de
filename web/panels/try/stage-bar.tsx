/** Where a request's time went, as parts of one bar with their names below. */
import type { PredictionAnswer } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { timeSpent } from '../../parts/format.js';

type Stage = 'queue' | 'tokenize' | 'infer' | 'rest';

export function StageBar({ timings }: { readonly timings: PredictionAnswer['timings'] }) {
  const words = text.value.try;
  const stages = stagesOf(timings);
  const total = stages.reduce((sum, [, time]) => sum + time, 0);
  return (
    <div class="stages">
      <div class="stages-bar" aria-hidden="true">
        {stages.map(([stage, time]) => (
          <span key={stage} class={`stage-${stage}`} style={{ width: `${String((time / total) * 100)}%` }} />
        ))}
      </div>
      <dl aria-label={words.stages}>
        {stages.map(([stage, time]) => (
          <div key={stage} class={`stage-${stage}`}>
            <dt>{words.stage[stage]}</dt>
            <dd>{timeSpent(time)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function stagesOf({ queueMs, tokenizeMs, inferMs, totalMs }: PredictionAnswer['timings']): [Stage, number][] {
  const rest = Math.max(0, totalMs - queueMs - tokenizeMs - inferMs);
  return [
    ['queue', queueMs],
    ['tokenize', tokenizeMs],
    ['infer', inferMs],
    ['rest', rest],
  ];
}
