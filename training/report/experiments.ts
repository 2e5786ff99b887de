/** What the accuracy report trains, a row each: adding one is an entry in this list. */
import type { AugmentationSettings } from '../augment/augmentations.js';
import { recipes } from '../recipes.js';
import type { TrainRows } from '../data/evaluation-texts.js';
import type { StudentSettings } from '../train-student.js';

/** Which texts teachers label. */
export interface LabelSet {
  /** `all`: the train split and the further texts. */
  readonly texts: 'train' | 'all';
  /** Of each text of the train split. */
  readonly copies: number;
  readonly rates: AugmentationSettings;
}

export interface Experiment {
  /** Of its folders. */
  readonly name: string;
  readonly title: string;
  /** `main`: a row of the first table; `step`: one technique, on the train split. */
  readonly kind: 'main' | 'step';
  readonly trainRows: TrainRows;
  /** null: the labels of the train split themselves. */
  readonly labels: LabelSet | null;
  /** What differs from the student's standard settings. */
  readonly settings: Partial<StudentSettings>;
}

/** Of a student that learns from everything there is; the shipped one from moved word vectors and final epochs too. */
const { adversarial, finalEpochs: _, ...best } = recipes.best.settings;

/** Of the rows of one technique each: half the epochs, so that the whole table takes hours. */
const short: Partial<StudentSettings> = { loss: 'mse', epochs: 4 };

const none: AugmentationSettings = { swap: 0, mask: 0, ngram: 0, crop: 0 };
const published: AugmentationSettings = { ...none, mask: 0.1, ngram: 0.25 };
const train: LabelSet = { texts: 'train', copies: 0, rates: none };
const all: LabelSet = { texts: 'all', copies: 0, rates: none };
const unknown = { unknownWords: 'characters' } as const;
const vectors = { wordVectors: 'ppmi' } as const;
const noise = { wordDropout: 0.1 } as const;

export const experiments: readonly Experiment[] = [
  {
    name: 'alone',
    title: 'student alone, on the labels',
    kind: 'main',
    trainRows: 'all',
    labels: null,
    settings: {},
  },
  {
    name: 'seed',
    title: "student by the seed's recipe",
    kind: 'main',
    trainRows: 'all',
    labels: { texts: 'train', copies: recipes.seed.copies, rates: published },
    settings: recipes.seed.settings,
  },
  {
    name: 'best',
    title: 'best distilled student',
    kind: 'main',
    trainRows: 'all',
    labels: all,
    settings: best,
  },
  {
    name: 'teachers-alone',
    title: 'the same, without the labels',
    kind: 'main',
    trainRows: 'all',
    labels: all,
    settings: { ...best, labelShare: 0 },
  },
  {
    name: 'fewer-passes',
    title: 'and with train read three times an epoch, not six',
    kind: 'main',
    trainRows: 'all',
    labels: all,
    settings: { ...best, labelShare: 0, trainPasses: 3, evaluateEvery: 300 },
  },
  {
    name: 'adversarial',
    title: 'best, and adversarial',
    kind: 'main',
    trainRows: 'all',
    labels: all,
    settings: { ...best, adversarial },
  },
  {
    name: 'final',
    title: 'best, adversarial, and train alone at the end: the shipped student',
    kind: 'main',
    trainRows: 'all',
    labels: all,
    settings: recipes.best.settings,
  },
  {
    name: 'alone-unseen',
    title: 'student alone, without rows of dev and test',
    kind: 'main',
    trainRows: 'unseen',
    labels: null,
    settings: {},
  },
  {
    name: 'best-unseen',
    title: 'best distilled student, without rows of dev and test',
    kind: 'main',
    trainRows: 'unseen',
    labels: all,
    settings: best,
  },
  {
    name: 'labels',
    title: 'the labels',
    kind: 'step',
    trainRows: 'all',
    labels: null,
    settings: { ...short, loss: 'cross-entropy' },
  },
  {
    name: 'logits',
    title: 'logits, squared error',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: short,
  },
  {
    name: 'temperature',
    title: 'logits, cross-entropy at temperature 2',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, loss: 'cross-entropy', temperature: 2 },
  },
  {
    name: 'characters',
    title: 'and unknown words as characters',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, ...unknown },
  },
  {
    name: 'noise',
    title: 'and a tenth of the words dropped',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, ...unknown, ...noise },
  },
  {
    name: 'vectors',
    title: 'and word vectors of the texts',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'average',
    title: 'and parameters averaged (0.999)',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, averageDecay: 0.999, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'moves',
    title: 'and adversarial (0.02)',
    kind: 'step',
    trainRows: 'all',
    labels: train,
    settings: { ...short, averageDecay: 0.999, ...unknown, ...noise, ...vectors, adversarial },
  },
  {
    name: 'copies',
    title: 'and two copies, masked and cut to n-grams',
    kind: 'step',
    trainRows: 'all',
    labels: { texts: 'train', copies: 2, rates: published },
    settings: { ...short, epochs: 2, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'crops',
    title: 'and two copies, half of them cropped',
    kind: 'step',
    trainRows: 'all',
    labels: { texts: 'train', copies: 2, rates: { ...none, crop: 0.5 } },
    settings: { ...short, epochs: 2, ...unknown, ...noise, ...vectors },
  },
  {
    name: 'swaps',
    title: 'and two copies, a tenth of their words swapped',
    kind: 'step',
    trainRows: 'all',
    labels: { texts: 'train', copies: 2, rates: { ...none, swap: 0.1 } },
    settings: { ...short, epochs: 2, ...unknown, ...noise, ...vectors },
  },
];
