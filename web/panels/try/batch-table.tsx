import { text } from '../../i18n/index.js';
import { percent } from '../../parts/format.js';
import { labelName } from '../../parts/labels.js';
import { progress, rows } from './batch-run.js';

/** Rows that are shown; the saved table has all. */
const shownRows = 100;

export function BatchTable() {
  const words = text.value.batch;
  if (progress.value.kind === 'idle' || rows.length === 0) return null;
  const shown = rows.slice(0, shownRows);
  const counts = new Map<string, number>();
  for (const { outcome } of rows) {
    const key = 'label' in outcome ? outcome.label : 'problem';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (
    <>
      <p role="status">
        {words.summary(counts.get('positive') ?? 0, counts.get('negative') ?? 0, counts.get('problem') ?? 0)}
      </p>
      <div class="table-scroll table-long" role="region" tabIndex={0} aria-label={text.value.figures}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                {words.columns.row}
              </th>
              <th scope="col">{words.columns.text}</th>
              <th scope="col">{words.columns.label}</th>
              <th scope="col" class="number">
                {words.columns.score}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ text: review, outcome }, index) => (
              <tr key={index}>
                <td class="number">{index + 1}</td>
                <td class="review" lang="zh-CN">
                  {review.slice(0, 200)}
                </td>
                {'label' in outcome ? (
                  <>
                    <td class={`label-${outcome.label}`}>{labelName(outcome.label)}</td>
                    <td class="number">{percent(outcome.score)}</td>
                  </>
                ) : (
                  <td colSpan={2} class="wrong">
                    {outcome.problem}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shownRows ? <p class="quiet">{words.shown(shownRows, rows.length)}</p> : null}
    </>
  );
}
