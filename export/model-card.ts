/** A bundle's MODEL_CARD.md, from its manifest. */
import type { Manifest } from '../core/bundle/manifest.js';
import { weightFormNamed } from '../core/weight-form.js';
import { formOfVariant } from './form.js';
import { schemeOf } from './quantize/schemes.js';

/** @param notes Markdown that comes first; null for none */
export function modelCard(manifest: Omit<Manifest, 'files'>, notes: string | null): string {
  const { name, version, network, tokenizer, accuracy, lineage } = manifest;
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  const scores = accuracy.map(
    ({ data, rows, correct, accuracy: value, interval: [low, high] }) =>
      `| ${data} | ${String(rows)} | ${String(correct)} | ` +
      (rows === 0 ? '– | – |' : `${percent(value)} | ${percent(low)} to ${percent(high)} |`),
  );
  const data = lineage.data.map(
    ({ name: split, rows, sha256, terms }) => `| ${split} | ${String(rows)} | ${terms} | \`${sha256}\` |`,
  );
  const settings = Object.entries(lineage.settings).map(
    ([key, value]) => `| ${key} | ${JSON.stringify(value)} |`,
  );
  return `# ${name} ${version}

${notes === null ? '' : `${notes.trim()}\n\n`}A classifier of Chinese reviews, positive or negative: the network ${network.kind} over ${tokensOf(tokenizer)}.
Configuration: \`${JSON.stringify(network.config)}\`.

Meant for research and teaching on short reviews (hotels, books, computers). It knows two answers and no doubt: other
kinds of text, irony, mixed opinions and languages other than Chinese get one of the two all the same. The score is the
${calibrated(manifest.calibration)}

## Terms

The weights come from the data below${lineage.base === null ? '' : ' and from the checkpoint named under it'}, and stand under their terms.

| data | rows | terms | sha256 |
|---|---|---|---|
${data.join('\n')}

${origin(lineage)}

## Accuracy

| on | rows | correct | accuracy | 95 % interval (Wilson) |
|---|---|---|---|---|
${scores.join('\n')}
${lineage.seed === null ? '' : chosenOnDev}
## To reproduce

${reproduction(manifest)}; equal bits need the same kind of processor. Settings:

| setting | value |
|---|---|
${settings.join('\n')}
`;
}

const chosenOnDev = `
Dev chose which evaluation's parameters were kept, so these figures are a little kinder than unseen text would be.
`;

/** What was not trained has no seed: one command made it. */
function reproduction({
  lineage: {
    command,
    seed,
    data,
    settings: { pruned },
  },
  name,
  version,
  variants,
}: Omit<Manifest, 'files'>): string {
  if (seed === null) return `    ${command}\n\nNothing is drawn`;
  const precisions = variants.map(formOfVariant).join(',');
  // Activations are measured on texts of train.
  const measured = variants.some(({ scheme }) => scheme !== undefined && schemeOf(scheme).needsRanges);
  const train = data.find(({ name: split }) => split.endsWith(' train'))?.name.slice(0, -' train'.length);
  const texts = measured && train !== undefined ? ` --data ${train}` : '';
  // A report trains many: each has a folder in that of the report, named after what was trained and its seed.
  const form = variants.some(({ latency }) => latency === true) ? ' --latency' : '';
  const [weights] = variants.flatMap((variant) => weightFormNamed(variant.weights ?? '') ?? []);
  const bits = weights === undefined ? '' : ` --weights ${weights.option}`;
  const [, experiment] = /^retort report accuracy .*--data .*--only (\S+)/.exec(command) ?? [];
  const run = experiment === undefined ? `runs/${name}` : `runs/${name}/${experiment}-${String(seed)}`;
  return [
    `    ${command} --out runs/${name}`,
    `    retort export ${run} --name ${name} --model-version ${version} --precision ${precisions}${bits}${form}${texts}`,
    '',
    ...(pruned === undefined ? [] : ['and then `retort prune`, as the setting `pruned` tells.', '']),
    `Seed ${String(seed)}`,
  ].join('\n');
}

function calibrated(calibration: Manifest['calibration']): string {
  if (calibration === null) return 'softmax of the logits and is not calibrated.';
  const { temperature, data, rows, error } = calibration;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return (
    `softmax of the logits divided by ${temperature.toFixed(3)}, fitted on ${String(rows)} rows (${data}); its expected ` +
    `calibration error there is ${percent(error.after)}, and ${percent(error.before)} without.`
  );
}

function tokensOf({ kind, segmenter, segmenterVersion }: Manifest['tokenizer']): string {
  return typeof segmenter === 'string'
    ? `words cut by ${segmenter} ${String(segmenterVersion)}`
    : `the tokens of its own tokenizer (${kind})`;
}

function origin({ base, teacher, seed }: Manifest['lineage']): string {
  if (seed === null && base !== null)
    return `Made from ${base.name} (sha256 \`${base.sha256}\`); how that was trained is not told here.`;
  const labels =
    teacher === null ? 'Trained on the labels alone, without a teacher.' : `Teacher: ${teacher}.`;
  return base === null
    ? labels
    : `Fine-tuned from ${base.name} (sha256 of its weights \`${base.sha256}\`). ${labels}`;
}
