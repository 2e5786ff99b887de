/** The value of a JSON text, for a schema to judge; undefined, which no schema of a file takes, where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
