/** What `retort train student` and `retort train teacher` share: options, interruption, output. */
import { interruptible } from '../interruption.js';
import { Option, type Command } from 'commander';
import { type ProviderName, providerNames } from '../../core/engines/providers.js';
import type { RunOptions } from '../../training/labelled-run.js';
import { type TrainRows, trainRowChoices } from '../../training/data/evaluation-texts.js';
import { losses, type LossName } from '../../training/losses.js';
import { optimizers, type OptimizerName } from '../../training/optimizers/optimizers.js';
import { schedules } from '../../training/schedule.js';
import type { TrainerResult } from '../../training/trainer.js';
import type { TrainerSettings } from '../../training/training-state.js';
import { addColumnOptions, addDataOption, type ColumnOptions } from '../labelled-data.js';
import { decimal, integer } from '../options.js';
import { ownRepository } from '../shipped.js';
import { printer, printJson } from './progress.js';

/** As commander gives them. */
export interface TrainOptions
  extends
    ColumnOptions,
    Omit<
      TrainerSettings,
      'learningRate' | 'microBatchSize' | 'optimizer' | 'loss' | 'intraOpThreads' | 'provider'
    > {
  readonly data: string;
  readonly trainRows: TrainRows;
  readonly out: string;
  readonly optimizer: OptimizerName;
  readonly loss: LossName;
  readonly learningRate?: number;
  readonly microBatchSize?: number;
  readonly threads: number;
  readonly provider: ProviderName;
  readonly resume?: boolean;
  readonly strict?: true;
  readonly json?: true;
}

type Defaults = Pick<
  TrainOptions,
  'epochs' | 'batchSize' | 'optimizer' | 'warmup' | 'dropout' | 'clipNorm' | 'evaluateEvery'
>;

export const largest = 2 ** 31 - 1;

/** Adds the options of every training run; only their defaults differ. */
export function addTrainOptions(command: Command, defaults: Defaults): Command {
  const withFolders = addDataOption(command).requiredOption(
    '--out <folder>',
    'the run folder: checkpoints, log, what export needs',
  );
  return addColumnOptions(withFolders)
    .option('--epochs <n>', 'passes over train', integer(1, 1000), defaults.epochs)
    .option('--batch-size <n>', 'rows in a step', integer(1, 4096), defaults.batchSize)
    .option(
      '--micro-batch-size <n>',
      'rows computed at once, their gradients added up: smaller takes less memory (default: all of a step)',
      integer(1, 4096),
    )
    .addOption(
      choice('--optimizer <name>', 'how gradients become steps', Object.keys(optimizers), defaults.optimizer),
    )
    .option('--learning-rate <rate>', "the highest (default: the optimiser's usual one)", decimal(0, 100))
    .addOption(choice('--schedule <name>', 'the learning rate over the run', schedules, 'linear'))
    .option('--warmup <share>', 'of the steps, over which the rate rises', decimal(0, 1), defaults.warmup)
    .addOption(choice('--loss <name>', 'what is minimised', Object.keys(losses), 'cross-entropy'))
    .option('--dropout <rate>', 'share of values dropped', decimal(0, 0.95), defaults.dropout)
    .option(
      '--clip-norm <norm>',
      "largest joint norm of a step's gradients; 0 for none",
      decimal(0, 1e9),
      defaults.clipNorm,
    )
    .option(
      '--evaluate-every <steps>',
      'steps between evaluations, each with a checkpoint',
      integer(1, largest),
      defaults.evaluateEvery,
    )
    .option(
      '--average-decay <share>',
      'of a moving average of the parameters, which is kept instead of the last ones; 0 for none',
      decimal(0, 0.999_999),
      0,
    )
    .option(
      '--adversarial <size>',
      'learn from each text again with its word vectors moved to where the loss rises most, by this share of their ' +
        'length: 0.02, say; a step takes twice as long (default: not)',
      decimal(0, 1),
    )
    .option(
      '--final-epochs <n>',
      'passes at the end over the train split alone, without dropout of any kind (default: none)',
      integer(0, 1000),
    )
    .option(
      '--final-learning-rate <rate>',
      'the highest of the final passes (default: half of the other)',
      decimal(0, 100),
    )
    .option('--seed <n>', 'of everything random', integer(0, largest), 1)
    .option('--threads <n>', 'intra-op threads', integer(1, 256), 2)
    .addOption(providerOption())
    .option('--resume', 'go on from the last checkpoint of --out')
    .option('--strict', 'fail at the first row that does not fit')
    .option('--json', 'print one JSON object an event');
}

/** Adds the option that says which rows of train are read. */
export function addTrainRowsOption(command: Command, standard: TrainRows): Command {
  return command.addOption(
    choice(
      '--train-rows <which>',
      'all: train as it is given, as published results take it; unseen: without rows that also stand in dev or test',
      trainRowChoices,
      standard,
    ),
  );
}

export function providerOption(does = 'what computes the gradients'): Option {
  return choice('--provider <name>', does, providerNames, 'cpu');
}

export function choice(
  flags: string,
  description: string,
  choices: readonly string[],
  standard: string,
): Option {
  return new Option(flags, description).choices(choices).default(standard);
}

/** Runs `train` with the settings that the options name; ends it well on SIGINT and SIGTERM. Gives whether it finished. */
export async function runTrain<Extra extends object>(
  options: TrainOptions,
  command: Command,
  extra: Extra,
  train: (options: RunOptions<TrainerSettings & Extra>) => Promise<TrainerResult>,
): Promise<boolean> {
  const { data, trainRows, out, textColumn, labelColumn, json, resume, strict } = options;
  const {
    epochs,
    batchSize,
    optimizer,
    schedule,
    warmup,
    loss,
    dropout,
    clipNorm,
    evaluateEvery,
    averageDecay,
    adversarial,
    finalEpochs,
    finalLearningRate,
    seed,
  } = options;
  const result = await interruptible((signal) =>
    train({
      data,
      folder: out,
      settings: {
        epochs,
        batchSize,
        microBatchSize: options.microBatchSize ?? batchSize,
        optimizer,
        learningRate: options.learningRate ?? optimizers[optimizer].learningRate,
        schedule,
        warmup,
        loss,
        dropout,
        clipNorm,
        evaluateEvery,
        ...(averageDecay === undefined ? {} : { averageDecay }),
        ...(adversarial === undefined ? {} : { adversarial }),
        ...(finalEpochs === undefined ? {} : { finalEpochs }),
        ...(finalLearningRate === undefined ? {} : { finalLearningRate }),
        seed,
        intraOpThreads: options.threads,
        provider: options.provider,
        ...extra,
      },
      columns: { textColumn, labelColumn },
      trainRows,
      strict: strict === true,
      resume: resume === true,
      command: commandLine(command),
      onEvent: json === true ? printJson : printer(),
      signal,
    }),
  );
  if (!result.finished) {
    process.stderr.write(`Stopped; the checkpoint is in ${out}. The same command with --resume goes on.\n`);
    process.exitCode = 1;
  }
  return result.finished;
}

/** @param name of the bundle */
export function printNext(out: string, name: string): void {
  const command = `retort export ${out} --repository ${ownRepository} --name ${name}`;
  process.stdout.write(`Done. Make a bundle of the best parameters with: ${command}\n`);
}

/** The options that were given, without where files lie. @param without options that do not matter here */
export function commandLine(command: Command, without: readonly string[] = []): string {
  const hidden = ['out', 'resume', 'json', ...without];
  const given = command.options.flatMap((option) => {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli' || hidden.includes(name)) return [];
    const value: unknown = command.getOptionValue(name);
    const shown = [
      'data',
      'checkpoint',
      'also',
      'labels',
      'texts',
      'evaluate',
      'write',
      'results',
      'tokenizer',
      'repository',
      'notes',
    ].includes(name)
      ? [value]
          .flat()
          .map(baseName)
          .join(` ${option.long ?? ''} `)
      : name === 'teacher'
        ? [value]
            .flat()
            .map(lastTwo)
            .join(` ${option.long ?? ''} `)
        : String(value);
    return [value === true ? (option.long ?? '') : `${option.long ?? ''} ${shown}`];
  });
  const { args, parent } = command;
  const names = [parent?.parent === null ? [] : [parent?.name() ?? ''], command.name()].flat();
  return ['retort', ...names, ...args.map(placeName), ...given].join(' ');
}

/** Of a bundle's folder more than its version, which says nothing alone. */
function placeName(place: string): string {
  return /[\\/]\d+[\\/]*$/.test(place) ? lastTwo(place.replace(/[\\/]+$/, '')) : baseName(place);
}

/** Of a bundle's folder, name and version. */
function lastTwo(folder: unknown): string {
  return /[^\\/]+([\\/][^\\/]+)?$/.exec(String(folder))?.[0] ?? String(folder);
}

function baseName(file: unknown): string {
  return /[^\\/]+(?=[\\/]*$)/.exec(String(file))?.[0] ?? String(file);
}
