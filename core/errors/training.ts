/** Errors of training runs. */
import { define } from './entry.js';

export const trainingErrors = define({
  run_exists: {
    kind: 'invalid',
    message: 'There is a training run in {path} already.',
    hint: 'Go on with it by adding --resume, or give another folder with --out.',
  },
  run_missing: {
    kind: 'not_found',
    message: 'There is no {path}.',
    hint: 'Give the folder of a finished `retort train student --out` run.',
  },
  run_malformed: {
    kind: 'corrupt',
    message: '{path} does not describe a training run: {reason}.',
    hint: 'Train again, or restore the file.',
  },
  data_without_labels: {
    kind: 'invalid',
    message: 'The {split} split of {path} holds no labelled rows.',
    hint: 'Training needs the splits train and dev with labels.',
  },
  run_without_checkpoint: {
    kind: 'not_found',
    message: 'There is no checkpoint {path} to go on from.',
    hint: 'Start without --resume, or give the folder of the run that you want to continue.',
  },
  checkpoint_other_run: {
    kind: 'invalid',
    message: 'The checkpoint in {path} belongs to a run with other settings or other data.',
    hint: 'Repeat the settings of that run (its run.json lists them), or train into another folder.',
  },
  report_results_malformed: {
    kind: 'malformed',
    message: '{path} does not hold results of accuracy runs.',
    hint: 'Name a file that `retort report accuracy --results` wrote, or one that is not there yet.',
  },
  training_diverged: {
    kind: 'invalid',
    message: 'The loss is {loss} at step {step}.',
    hint: 'Lower --learning-rate or --clip-norm and resume from the last checkpoint.',
  },
});
