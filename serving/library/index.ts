/** What `import { … } from 'retort'` gives. */
import '../../core/engines/no-telemetry.js';
export {
  createPredictor,
  type HandlePredictor,
  type Label,
  type PredictorConfig,
} from './create-predictor.js';
export type { InputHandle, OutputHandle } from './handles.js';
export { RetortError } from '../../core/errors.js';
