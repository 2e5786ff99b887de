/** Errors of bundles and repositories. */
import { define } from './entry.js';

export const bundleErrors = define({
  bundle_missing: {
    kind: 'not_found',
    message: 'There is no {path}.',
    hint: 'Give the folder <name>/<version> of a bundle, which holds manifest.json.',
  },
  bundle_malformed: {
    kind: 'corrupt',
    message: '{path} is not valid: {reason}.',
    hint: 'Export the bundle again with this version of Retort.',
  },
  bundle_corrupt: {
    kind: 'corrupt',
    message: 'The bundle file {path} is damaged: {reason}.',
    hint: 'Copy the bundle again from where it was whole.',
  },
  bundle_replaced: {
    kind: 'unavailable',
    message: 'The bundle {path} is another one than was loaded: it was replaced where it lies.',
    hint: 'Load the version anew with POST /v1/models/MODEL/load, or put the files back.',
  },
  bundle_exists: {
    kind: 'invalid',
    message: 'There is a bundle in {path} already.',
    hint: 'Choose another --model-version, or give --force to replace it.',
  },
  repository_missing: {
    kind: 'not_found',
    message: 'There is no model repository {path}.',
    hint: 'Give --repository a folder that holds <name>/<version>/ bundles.',
  },
  bundle_parity: {
    kind: 'corrupt',
    message:
      'The bundle {path} gives logits that differ by {difference} from its golden ones (at most {tolerance}) on "{text}".',
    hint: 'The segmenter or the runtime differs from what the model was exported with, or weights of 8 bits saturate on this CPU: export it again here, or with --weights int7.',
  },
});
