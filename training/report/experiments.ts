/** What the accuracy report trains, a row each: adding one is an entry in this list. */
import type { AugmentationSettings } from '../augment/augmentations.js';
import { recipes } from '../recipes.js';
import type { StudentSettings } from '../train-student.js';

/** Which texts teachers label. */
export interface LabelSet {
  /** `all`: the train split and the further texts. */
  readonly texts: 'train' | 'all';
  readonly copies: number;
  readonly rates: AugmentationSettings;
}

export interface Experiment {
  /** Of its folders. */
  readonly name: string;
  readonly title: string;
  /** `main`: a row of the first table; `step`: one technique, on the train split. */
  readonly kind: 'main' | 'step';
  /** null: the labels of the train split themselves. */
  readonly labels: LabelSet | null;
  /** What differs from the student's standard settings. */
  readonly settings: Partial<StudentSettings>;
}

const none: AugmentationSettings = { swap: 0, mask: 0, ngram: 0, crop: 0 };
const published: AugmentationSettings = { ...none, mask: 0.1, ngram: 0.25 };
const train: LabelSet = { texts: 'train', copies: 0, rates: none };
const all: LabelSet = { texts: 'all', copies: 0, rates: none };
const unknown = { unknownWords: 'characters' } as const;
const vectors = { wordVectors: 'ppmi' } as const;
const noise = { wordDropout: 0.1 } as const;

export const experiments: readonly Experiment[] = [
  { name: 'alone', title: 'student alone, on the labels', kind: 'main', labels: null, settings: {} },
  {
    name: 'seed',
    title: "student by the seed's recipe",
    kind: 'main',
    labels: { texts: 'train', copies: recipes.seed.copies, rates: published },
    settings: recipes.seed.settings,
  },
  {
    name: 'best',
    title: 'best distilled student',
    kind: 'main',
    labels: all,
    settings: { loss: 'mse', epochs: 5, evaluateEvery: 340, ...unknown, ...vectors, ...noise },
  },
  { name: 'logits', title: 'logits, squared error', kind: 'step', labels: train, settings: { loss: 'mse' } },
  {
    name: 'temperature',
    title: 'logits, cross-entropy at temperature 2',
    kind: 'step',
    labels: train,
    settings: { loss: 'cross-entropy', temperature: 2 },
  },
  {
    name: 'characters',
    title: 'and unknown words as characters',
    kind: 'step',
    labels: train,
    settings: { loss: 'mse', ...unknown },
  },
  {
    name: 'noise',
    title: 'and a tenth of the words dropped',
    kind: 'step',
    labels: train,
    settings: { loss: 'mse', ...unknown, ...noise },
  },
  {
    name: 'vectors',
    title: 'and word vectors of the texts',
    kind: 'step',
    labels: train,
    settings: { loss: 'mse', ...unknown, ...noise, ...vectors },
  },
  {
    name: 'copies',
    title: 'and two copies, masked and cut to n-grams',
    kind: 'step',
    labels: { texts: 'train', copies: 2, rates: published },
    settings: { loss: 'mse', epochs: 4, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'crops',
    title: 'and two copies, half of them cropped',
    kind: 'step',
    labels: { texts: 'train', copies: 2, rates: { ...none, crop: 0.5 } },
    settings: { loss: 'mse', epochs: 4, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'swaps',
    title: 'and two copies, a tenth of their words swapped',
    kind: 'step',
    labels: { texts: 'train', copies: 2, rates: { ...none, swap: 0.1 } },
    settings: { loss: 'mse', epochs: 4, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'average',
    title: 'without copies, parameters averaged (0.999)',
    kind: 'step',
    labels: train,
    settings: { loss: 'mse', averageDecay: 0.999, ...unknown, ...noise, ...vectors },
  },
];
