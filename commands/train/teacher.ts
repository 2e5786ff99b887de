/** `retort train teacher`: a pretrained encoder, fine-tuned on labelled texts. */
import type { Command } from 'commander';
import { trainTeacher } from '../../training/train-teacher.js';
import type { EncoderPreset } from '../../models/encoder-presets.js';
import { integer } from '../options.js';
import { presetOption } from '../preset-option.js';
import { addTrainOptions, addTrainRowsOption, printNext, runTrain, type TrainOptions } from './run.js';

interface Options extends TrainOptions {
  readonly checkpoint: string;
  readonly maxTokens: number;
  readonly preset?: EncoderPreset;
}

export function registerTeacher(train: Command): void {
  const teacher = train
    .command('teacher')
    .summary('fine-tune a pretrained encoder on labelled texts')
    .description(
      'Reads a checkpoint folder of the BERT and ERNIE family (configuration, weights, tokenizer), fine-tunes it on ' +
        'the train split, evaluates it on dev and keeps the best parameters. `retort inspect` shows what a checkpoint ' +
        'folder holds.',
    )
    .requiredOption('--checkpoint <folder>', 'the pretrained encoder: config, weights, tokenizer');
  addTrainRowsOption(teacher, 'all');
  addTrainOptions(teacher, {
    epochs: 3,
    batchSize: 32,
    optimizer: 'adamw',
    warmup: 0.1,
    dropout: 0.1,
    clipNorm: 1,
    evaluateEvery: 150,
  })
    .option('--max-tokens <n>', 'of a text that are read, special tokens counted', integer(3, 100_000), 128)
    .addOption(presetOption())
    .addHelpText('after', examples)
    .action(async (options: Options, command: Command) => {
      const { checkpoint, maxTokens, preset } = options;
      const settings = { ...options, learningRate: options.learningRate ?? peakLearningRate };
      const finished = await runTrain(settings, command, { maxTokens }, (run) =>
        trainTeacher({ ...run, checkpoint, preset: preset ?? null }),
      );
      if (finished && options.json !== true) printNext(options.out, 'teacher');
    });
}

/** For fine-tuning: a tenth of the optimiser's own. */
const peakLearningRate = 1e-4;

const examples = `
Examples:
  retort train teacher --checkpoint ernie-3.0-base-zh --data ChnSentiCorp.zip --out runs/teacher --learning-rate 3e-5
  retort train teacher --checkpoint multilingual-e5-small --data ChnSentiCorp.zip --out runs/teacher
  retort train teacher --checkpoint ernie-1.0 --data ChnSentiCorp.zip --out runs/teacher --micro-batch-size 8
`;
