/** Medians with their intervals: one bar an engine, the factor between them in front. */
import type { ComparisonSummary, Estimate } from '../../api/compare.js';
import { text } from '../../i18n/index.js';
import { milliseconds, number } from '../../parts/format.js';

export function Summary({ summary }: { readonly summary: ComparisonSummary }) {
  const words = text.value.compare;
  const { staticMs, eagerMs, speedup, samples, threads, largestLogitDifference } = summary;
  if (staticMs === null || eagerMs === null || speedup === null)
    return <p class="card quiet">{words.tooFew(samples)}</p>;
  const longest = Math.max(...[staticMs, eagerMs].map(({ estimate, interval }) => interval?.[1] ?? estimate));
  return (
    <div class="card versus">
      <Factor speedup={speedup} samples={samples} />
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

function Factor({
  speedup: { estimate, interval },
  samples,
}: {
  readonly speedup: Estimate;
  readonly samples: number;
}) {
  const words = text.value.compare;
  return (
    <p class="factor">
      <strong>{number(estimate, 2)}×</strong>
      {interval === null ? (
        <span>{words.tooFew(samples)}</span>
      ) : (
        <span>
          {words[directionOf(interval)]}
          <small class="quiet">{words.interval(number(interval[0], 2), number(interval[1], 2))}</small>
        </span>
      )}
    </p>
  );
}

/** Of the static graph: an interval that holds 1 tells neither. */
function directionOf([low, high]: readonly [number, number]): 'faster' | 'slower' | 'noDifference' {
  if (low > 1) return 'faster';
  return high < 1 ? 'slower' : 'noDifference';
}

interface EngineProps {
  readonly name: string;
  readonly colour: string;
  readonly time: Estimate;
  /** The time that a whole bar stands for, milliseconds. */
  readonly longest: number;
}

function Engine({ name, colour, time, longest }: EngineProps) {
  const words = text.value.compare;
  const share = (value: number) => `${String((value / longest) * 100)}%`;
  const { estimate, interval } = time;
  return (
    <div class="engine">
      <dt>{name}</dt>
      <dd>
        <span class="engine-bar" aria-hidden="true">
          <span style={{ width: share(estimate), background: `var(${colour})` }} />
          {interval === null ? null : (
            <i style={{ left: share(interval[0]), width: share(interval[1] - interval[0]) }} />
          )}
        </span>
        <span class="engine-time">
          {milliseconds(estimate)}{' '}
          {interval === null ? null : (
            <small class="quiet">
              {words.interval(milliseconds(interval[0]), milliseconds(interval[1]))}
            </small>
          )}
        </span>
      </dd>
    </div>
  );
}
