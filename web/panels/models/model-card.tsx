/** What a served version is: what it reads and says, how good it is, and where it came from. */
import type { ComponentChildren } from 'preact';
import type { Manifest, ModelState, RepositoryVersion } from '../../api/schemas.js';
import { text } from '../../i18n/index.js';
import { date, mebibytes, number, percent } from '../../parts/format.js';
import { labelName } from '../../parts/labels.js';
import { Graphs } from './graphs.js';
import { Versions } from './versions.js';

export function ModelCard({
  model,
  isDefault,
  versions,
}: {
  readonly model: ModelState;
  readonly isDefault: boolean;
  readonly versions: readonly RepositoryVersion[];
}) {
  const { manifest, workers } = model;
  const words = text.value.models;
  return (
    <article class="card model" aria-labelledby={`model-${manifest.name}`}>
      <header class="card-head">
        <h2 id={`model-${manifest.name}`}>
          {manifest.name} <span class="quiet">{words.version(manifest.version)}</span>
        </h2>
        {isDefault ? <span class="badge">{words.isDefault}</span> : null}
      </header>
      <dl class="facts">
        <Fact name={words.network}>
          {manifest.network.kind}, {manifest.variants.map(({ precision }) => precision).join(', ')}, opset{' '}
          {manifest.variants[0]?.opset}
        </Fact>
        <Fact name={words.labels}>{manifest.labels.map(labelName).join(', ')}</Fact>
        <Fact name={words.tokenizer}>{tokenizerName(manifest)}</Fact>
        <Fact name={words.workers}>{number(workers)}</Fact>
        <Fact name={words.size}>{mebibytes(manifest.files.reduce((sum, { bytes }) => sum + bytes, 0))}</Fact>
        <Fact name={words.calibration}>{calibrationOf(manifest)}</Fact>
      </dl>
      <Accuracy manifest={manifest} />
      <Graphs key={manifest.version} manifest={manifest} />
      <Versions model={manifest.name} versions={versions} />
      <Lineage manifest={manifest} />
    </article>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function tokenizerName({ tokenizer }: Manifest): string {
  const { segmenter } = tokenizer;
  return typeof segmenter === 'string' ? `${tokenizer.kind} (${segmenter})` : tokenizer.kind;
}

function calibrationOf({ calibration }: Manifest): string {
  const words = text.value.models;
  if (calibration === null) return words.notCalibrated;
  const { before, after } = calibration.error;
  return words.calibrated(number(calibration.temperature, 2), percent(before), percent(after));
}

function Accuracy({ manifest }: { readonly manifest: Manifest }) {
  const words = text.value.models;
  if (manifest.accuracy.length === 0) return <p class="quiet">{words.noAccuracy}</p>;
  return (
    <table class="plain">
      <caption>{words.accuracy}</caption>
      <thead>
        <tr>
          <th scope="col">{words.data}</th>
          <th scope="col" class="number">
            {words.rows}
          </th>
          <th scope="col" class="number">
            {words.accuracy}
          </th>
          <th scope="col" class="number">
            {words.interval}
          </th>
        </tr>
      </thead>
      <tbody>
        {manifest.accuracy.map(({ data, rows, accuracy, interval: [low, high] }) => (
          <tr key={data}>
            <td>{data}</td>
            <td class="number">{number(rows)}</td>
            <td class="number">{percent(accuracy, 2)}</td>
            <td class="number">
              {percent(low)} – {percent(high)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Lineage({ manifest: { lineage } }: { readonly manifest: Manifest }) {
  const words = text.value.models;
  return (
    <details>
      <summary>{words.lineage}</summary>
      <dl class="facts">
        <Fact name={words.created}>{date(lineage.createdAt)}</Fact>
        <Fact name={words.seed}>{lineage.seed ?? '–'}</Fact>
        <Fact name={words.base}>{lineage.base?.name ?? '–'}</Fact>
        <Fact name={words.teacher}>{lineage.teacher ?? '–'}</Fact>
      </dl>
      <pre tabIndex={0}>{lineage.command}</pre>
      <ul class="quiet">
        {lineage.data.map(({ name, rows, terms, sha256 }) => (
          <li key={name}>
            {name}: {words.dataRows(rows)}, {terms}, sha256 <code>{sha256.slice(0, 12)}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
