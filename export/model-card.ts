/** A bundle's MODEL_CARD.md, from its manifest. */
import type { Manifest } from '../core/bundle/manifest.js';

export function modelCard({
  name,
  version,
  network,
  tokenizer,
  accuracy,
  lineage,
}: Omit<Manifest, 'files'>): string {
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  const scores = accuracy.map(
    ({ data, rows, correct, accuracy: value, interval: [low, high] }) =>
      `| ${data} | ${String(rows)} | ${String(correct)} | ${percent(value)} | ${percent(low)} to ${percent(high)} |`,
  );
  const data = lineage.data.map(
    ({ name: split, rows, sha256, terms }) => `| ${split} | ${String(rows)} | ${terms} | \`${sha256}\` |`,
  );
  const settings = Object.entries(lineage.settings).map(
    ([key, value]) => `| ${key} | ${JSON.stringify(value)} |`,
  );
  return `# ${name} ${version}

A classifier of Chinese reviews, positive or negative: a ${network.kind} over words cut by ${String(tokenizer.segmenter)} ${String(tokenizer.segmenterVersion)}.
Configuration: \`${JSON.stringify(network.config)}\`.

Meant for research and teaching on short reviews (hotels, books, computers). It knows two answers and no doubt: other
kinds of text, irony, mixed opinions and languages other than Chinese get one of the two all the same. The score is the
softmax of the logits and is not calibrated.

## Terms

The weights come from the data below and stand under their terms. ChnSentiCorp may be used for non-commercial research
and teaching only, so may this model.

| data | rows | terms | sha256 |
|---|---|---|---|
${data.join('\n')}

Teacher: ${lineage.teacher ?? 'none, trained on the labels alone'}.

## Accuracy

| on | rows | correct | accuracy | 95 % interval (Wilson) |
|---|---|---|---|---|
${scores.join('\n')}

Dev chose which evaluation's parameters were kept, so these figures are a little kinder than unseen text would be.

## To reproduce

    retort data chnsenticorp
    ${lineage.command} --out runs/${name}
    retort export runs/${name} --name ${name} --model-version ${version}

Seed ${String(lineage.seed)}; equal bits need the same kind of processor. Settings:

| setting | value |
|---|---|
${settings.join('\n')}
`;
}
