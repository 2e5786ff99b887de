/** `retort predict`: labels for texts, without a server. */
import type { Command } from 'commander';
import { openBundle } from '../core/bundle/read.js';
import { fail } from '../core/errors.js';
import { readTexts } from '../core/text-file.js';
import { argmax, probabilities } from '../core/probabilities.js';
import { Predictor } from '../serving/predictor.js';
import { bundleFolder, shippedStudent } from './shipped.js';

interface Options {
  readonly model?: string;
  readonly input?: string;
  readonly json?: true;
}

/** Texts that are predicted together. */
const batchSize = 64;

export function register(program: Command): void {
  program
    .command('predict')
    .description('print label and score of texts')
    .argument('[texts...]', 'the texts')
    .option('--input <file>', 'texts after those, .txt or .jsonl, each also .gz')
    .option('--model <model>', 'a shipped model, or the folder of a bundle', shippedStudent)
    .option('--json', 'print one JSON object a text')
    .addHelpText(
      'after',
      '\nExamples:\n  retort predict 房间很干净，服务也好。\n  retort predict --model teacher --input reviews.txt --json\n',
    )
    .action(run);
}

async function run(given: string[], { model, input, json }: Options): Promise<void> {
  const texts = [...given, ...(input === undefined ? [] : await readTexts(input))];
  if (texts.length === 0) throw fail('texts_missing', {});
  const opened = await openBundle(await bundleFolder(model));
  const predictor = await Predictor.open(opened, 1);
  for (let start = 0; start < texts.length; start += batchSize) {
    const some = texts.slice(start, start + batchSize);
    const { predictions } = await predictor.run(some.map((text) => ({ text })));
    predictions.forEach(({ logits }, index) => {
      const scores = probabilities(logits, opened.manifest.calibration?.temperature);
      const best = argmax(scores);
      const [text = '', label = '', score = 0] = [some[index], opened.manifest.labels[best], scores[best]];
      process.stdout.write(
        json === true
          ? `${JSON.stringify({ text, label, score, logits })}\n`
          : `${label}\t${score.toFixed(4)}\t${text}\n`,
      );
    });
  }
  await predictor.close();
}
