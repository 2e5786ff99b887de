/** Texts with the ids of the libraries that models are trained with; test/fixtures/tokenizers/generate.py makes them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fixtureUrl } from '../../fixture-url.js';

export interface GoldenText {
  readonly text: string;
  readonly ids: number[];
}

export function readGoldens(name: string): unknown {
  return JSON.parse(readFileSync(fixtureUrl(`tokenizers/${name}`), 'utf8'));
}

/** The path of a folder, or of a file in one. */
export function tokenizerFixture(name: string): string {
  return fileURLToPath(fixtureUrl(`tokenizers/${name}`));
}
