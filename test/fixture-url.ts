/** A file of test/fixtures; compiled tests run from dist/test. */
export function fixtureUrl(name: string): URL {
  return new URL(`../../test/fixtures/${name}`, import.meta.url);
}
