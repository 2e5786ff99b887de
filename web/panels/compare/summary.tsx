/** Medians with their intervals: one bar an engine, the factor between them in front. */
import type { ComparisonSummary, Estimate } from '../../api/compare.js';
import { text } from '../../i18n/index.js';
import { milliseconds, number } from '../../parts/format.js';

export function Summary({ summary }: { readonly summary: ComparisonSummary }) {
  const words = text.value.compare;
  const { staticMs, eagerMs, speedup, samples, threads, largestLogitDifference } = summary;
  if (staticMs === null || eagerMs === null || speedup === null) return null;
  const longest = Math.max(staticMs.interval[1], eagerMs.interval[1]);
  return (
    <div class="card versus">
      <p class="factor">
        <strong>{number(speedup.estimate, 1)}×</strong>
        <span>
          {words.faster}
          <small class="quiet">
            {words.interval(number(speedup.interval[0], 1), number(speedup.interval[1], 1))}
          </small>
        </span>
      </p>
      <dl>
        <Engine name={words.static} colour="--stage-infer" time={staticMs} longest={longest} />
        <Engine name={words.eager} colour="--stage-tokenize" time={eagerMs} longest={longest} />
      </dl>
      <p class="quiet">
        {words.conditions(samples, threads)} {words.difference(largestLogitDifference.toExponential(1))}
      </p>
    </div>
  );
}

interface EngineProps {
  readonly name: string;
  readonly colour: string;
  readonly time: Estimate;
  /** The time that a whole bar stands for, milliseconds. */
  readonly longest: number;
}

function Engine({ name, colour, time, longest }: EngineProps) {
  const share = (value: number) => `${String((value / longest) * 100)}%`;
  const [low, high] = time.interval;
  return (
    <div class="engine">
      <dt>{name}</dt>
      <dd>
        <span class="engine-bar" aria-hidden="true">
          <span style={{ width: share(time.estimate), background: `var(${colour})` }} />
          <i style={{ left: share(low), width: share(high - low) }} />
        </span>
        <span class="engine-time">
          {milliseconds(time.estimate)}{' '}
          <small class="quiet">{text.value.compare.interval(milliseconds(low), milliseconds(high))}</small>
        </span>
      </dd>
    </div>
  );
}
