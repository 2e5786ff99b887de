/** `--preset`, of the commands that read a checkpoint folder. */
import { Option } from 'commander';
import { encoderPresets } from '../models/encoder-presets.js';

export function presetOption(): Option {
  return new Option('--preset <name>', 'the published shape of a folder without a configuration').choices(
    Object.keys(encoderPresets),
  );
}
