/** Request bodies: what a server is sent, with the texts of a load test put in. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fail } from '../core/errors.js';

/** `{{text}}` within any string of a template is one text; the string `{{texts}}` is the list of all of a request's. */
const onePlace = '{{text}}';
const listPlace = '{{texts}}';

/** A JSON value with places for texts. */
export type BodyTemplate = z.infer<ReturnType<typeof z.json>>;

/** What a route of this path takes: Retort's own, or the Open Inference Protocol's with a BYTES input `text`. */
export function templateOfPath(path: string, textsPerRequest: number): BodyTemplate {
  if (/^\/v2\/models\/.*\/infer$/.test(path)) {
    return {
      inputs: [{ name: 'text', shape: [textsPerRequest], datatype: 'BYTES', data: listPlace }],
    };
  }
  return textsPerRequest === 1 ? { text: onePlace } : { texts: listPlace };
}

/**
 * @param given JSON, or `@` and the path of a file that holds it
 * @throws RetortError loadtest_template_invalid
 */
export async function readTemplate(given: string, textsPerRequest: number): Promise<BodyTemplate> {
  const invalid = (reason: string, cause?: unknown) =>
    fail('loadtest_template_invalid', { reason, one: onePlace, list: listPlace }, cause);
  const source = given.startsWith('@')
    ? await readFile(given.slice(1), 'utf8').catch((error: unknown) => {
        throw invalid(`there is no file ${given.slice(1)}`, error);
      })
    : given;
  let template: BodyTemplate;
  try {
    template = z.json().parse(JSON.parse(source));
  } catch (error) {
    throw invalid('it is not JSON', error);
  }
  const written = JSON.stringify(template);
  if (!written.includes(onePlace) && !written.includes(JSON.stringify(listPlace)))
    throw invalid(`it holds no place for a text`);
  if (textsPerRequest > 1 && written.includes(onePlace))
    throw invalid(`${onePlace} holds one text, and a request has ${textsPerRequest}`);
  return template;
}

/** The texts of each request; as many requests as it takes to send every text once. */
export function groupsOf(texts: readonly string[], textsPerRequest: number): string[][] {
  return Array.from({ length: Math.ceil(texts.length / textsPerRequest) }, (_, request) => {
    const start = request * textsPerRequest;
    return Array.from({ length: textsPerRequest }, (_unused, i) => texts[(start + i) % texts.length] ?? '');
  });
}

/** One JSON body a request. */
export function requestBodies(
  texts: readonly string[],
  textsPerRequest: number,
  template: BodyTemplate,
): string[] {
  return groupsOf(texts, textsPerRequest).map((group) => JSON.stringify(fill(template, group)));
}

function fill(template: BodyTemplate, texts: readonly string[]): BodyTemplate {
  if (template === listPlace) return [...texts];
  // A function, since `$` in a replacement's text has a meaning.
  if (typeof template === 'string') return template.replaceAll(onePlace, () => texts[0] ?? '');
  if (Array.isArray(template)) return template.map((value) => fill(value, texts));
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, texts)]));
}
